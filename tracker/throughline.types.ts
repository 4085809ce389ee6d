// Compiled by `npm run types`, and never run: what pages may write, and what their compilers must refuse.

throughline('event', 'plan_opened')
throughline('event', 'plan_opened', { plan: 'A', rooms: [1, 2], nested: { deep: true } })
throughline('identify', { phone: '+79161234567', email: 'a@b.example', user: 17 })
throughline('identify', { phone: undefined, email: null })
throughline('consent', true)
throughline('page')
throughline('getVisitor', (id) => id.toUpperCase())
throughline('getNumber', '+74950000000', (number) => number?.toUpperCase())
throughline('onSwap', ({ own, number }) => own.length === number.length)
throughline('onSwap', () => {})
throughline('swap', document.body)
export const visitor: string | undefined = throughline('getVisitor')
export const number: string | undefined = throughline('getNumber')
window.throughline?.('consent', false)

// @ts-expect-error an event has a name
throughline('event')
// @ts-expect-error props are an object
throughline('event', 'plan_opened', 'A')
// @ts-expect-error nobody is named
throughline('identify')
// @ts-expect-error there is no such identifier
throughline('identify', { telephone: '1' })
// @ts-expect-error a node, not where to find it
throughline('swap', 'main')
// @ts-expect-error a yes or a no
throughline('consent', 'granted')
// @ts-expect-error there is no such command
throughline('pageview')
// @ts-expect-error the script may not have come yet
window.throughline('page')
