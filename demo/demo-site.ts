/** What the demo needs to exist: a site, its numbers, and the ad platform that is told of won deals. */
export const demoSite = 'demo'

/** Moscow has no local numbers that begin with 0, so nobody can be rung by mistake. */
export const demoNumber = '+74950000001'

export const demoNumbers = Array.from({ length: 12 }, (_, index) => `+749500001${String(index + 1).padStart(2, '0')}`)

export const demoPool = {
  id: 'demo-pool',
  site: demoSite,
  kind: 'dynamic' as const,
  numbers: demoNumbers,
  replaces: [demoNumber],
  lease_seconds: 150,
  leases_per_address_max: 4,
}

export const demoProjects = [
  { id: 'north-shore', name: 'North Shore', url_prefixes: ['/demo/north-shore'] },
  { id: 'green-hills', name: 'Green Hills', url_prefixes: ['/demo/green-hills'] },
]

export function demoDestination(base_url: string, secret: string) {
  return {
    id: 'demo-ads',
    site: demoSite,
    url: `${base_url}/demo/ads/postback?deal={deal}&amount={amount}&currency={currency}&yclid={yclid}&campaign={campaign}`,
    method: 'POST' as const,
    on: ['deal_won' as const],
    secret,
    enabled: true,
  }
}
