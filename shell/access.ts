/** What a valid token may do. */
export interface Access {
  /** The token's id, for the audit log. */
  token: string
  allows(scope: 'ingest' | 'reports' | 'personal' | 'admin'): boolean
  /** Whether the token may touch this site; tokens that name no sites may touch all. */
  reaches(site: string): boolean
}
