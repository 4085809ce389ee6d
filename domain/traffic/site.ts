/** What a known site is, and so what a visit from it counts as. */
export type SourceKind =
  | 'search'
  | 'social'
  | 'messenger'
  | 'video'
  | 'shopping'
  | 'email'
  | 'maps'
  | 'ai_assistant'
  | 'recommendation'
  | 'affiliate'
  | 'audio'
  | 'display'

/** One row of the tables: a site by all the names it has. Lists are words with spaces between. */
export interface Site {
  /** The short name that becomes `source`. */
  source: string
  kind: SourceKind
  /** Hosts that count with everything under them. */
  hosts?: string
  /** Hosts that count only as they are (and with www or m before): their subdomains are other services. */
  wholeHosts?: string
  /** Names that people write into `utm_source`, beside `source` and the hosts. */
  tags?: string
  /** Android applications, which send `android-app://NAME` as referrer. */
  apps?: string
  /** Sections of the site that are something else, the first that fits counts. */
  sections?: readonly Section[]
}

export interface Section {
  path: string
  source: string
  kind: SourceKind
}
