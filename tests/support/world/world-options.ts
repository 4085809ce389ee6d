/** How a world is. Shares are of one. */
export interface WorldOptions {
  seed: number
  site: string
  /** Clients who come to know of the company while it is watched. */
  people: number
  /** People who mean to ask, and maybe to buy. */
  asking_share: number
  /** New people come for so long; what they began goes on after it. */
  days: number
  /** People who call and write from their office's phone. */
  office_share: number
  office_people_max: number
  /** People who have a household with others, with its landline and maybe a browser and a mailbox of its own. */
  household_share: number
  /** Numbers in the pool, as a share of what Erlang asks for at a loss of 1% in the busiest hour. */
  pool_share: number
  /** Providers' clocks are off by up to this much, and each message by `jitter_ms` more or less. */
  clock_off_ms: number
  jitter_ms: number
  /** Calls that are followed by another, days later, to the number that was noted. */
  redial_share: number
  /** Bot visits for each visit of a person. */
  bots_per_visit: number
  /** A visitor's cookies are gone at the next visit. */
  cookies_lost_share: number
  private_share: number
  /** Messages that come hours or days late, and that come twice. */
  late_share: number
  repeated_share: number
  /** What is typed into forms is a placeholder, or has a slip in it. */
  junk_share: number
  typo_share: number
  /** Deals of a household's member that carry the other one's phone. */
  spouse_share: number
  /** Deals that name no card: the CRM tells of phones and emails alone. */
  uncarded_share: number
  /** Sales people of other firms who write in for their clients, for each client. */
  agents_per_person: number
  /** Forms and cards that ask for a name, and people who write one, in one way or another. */
  named_share: number
  /** Showroom tablets on which visitors leave their requests. */
  kiosks: number
}

/** One in five on an office phone, a third of the numbers, clocks off by 10 s, half as many bots as visits. */
export function hardWorld(said: Partial<WorldOptions> = {}): WorldOptions {
  return {
    ...{ seed: 1, site: 'shop', people: 2_000, asking_share: 0.32, days: 60 },
    ...{ office_share: 0.2, office_people_max: 200, household_share: 0.2 },
    ...{ pool_share: 1 / 3, clock_off_ms: 10_000, jitter_ms: 1_000, redial_share: 0.1 },
    ...{ bots_per_visit: 0.5 },
    ...{ cookies_lost_share: 0.05, private_share: 0.04, late_share: 0.03, repeated_share: 0.05 },
    ...{ junk_share: 0.04, typo_share: 0.02, spouse_share: 0.05, uncarded_share: 0.1 },
    ...{ agents_per_person: 1 / 500, named_share: 0.8, kiosks: 1 },
    ...said,
  }
}

/** The same people where everything works: enough numbers, right clocks, few share anything. */
export function easyWorld(said: Partial<WorldOptions> = {}): WorldOptions {
  return hardWorld({
    ...{ office_share: 0.02, office_people_max: 20, household_share: 0.05, pool_share: 1.5 },
    ...{
      clock_off_ms: 0,
      jitter_ms: 0,
      redial_share: 0.03,
      bots_per_visit: 0.05,
      cookies_lost_share: 0.02,
      private_share: 0.01,
    },
    ...{ late_share: 0.005, repeated_share: 0.01, junk_share: 0.005, typo_share: 0.005, spouse_share: 0 },
    ...{ uncarded_share: 0, agents_per_person: 0, kiosks: 0 },
    ...said,
  })
}
