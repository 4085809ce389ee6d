import { isJunk } from '#domain/identifier.ts'
import type { KnownCall } from '../calls/decide-caller.ts'
import type { MergedLead } from '../conversions/merge-leads.ts'
import type { HistoryRow } from '../history/history-tables.ts'
import { clientPhone, phoneOf } from '../identity/fact-claims.ts'
import { scored } from './crowd-signs.ts'
import { fraudKeys } from './fraud-keys.ts'
import { type Asked, type DealSeen, ownSigns } from './own-signs.ts'

type Conversion = HistoryRow<'conversions'>
type Session = HistoryRow<'sessions'>
/** `phone\n…` of the site's list. */
type Blocked = ReadonlySet<string>

/** Channels that somebody is paid for. */
const paidChannels = /^(?:paid_|display$|cross_network$|affiliate$)/
/** Requests that no tracker could have seen come from a visit. */
const untracked = new Set(['marketplace', 'chat', 'email', 'other'])

/** A request with what signs of fraud are looked for in, before they are. */
export interface AskedDraft {
  conversion: Conversion
  asked: Asked
  /** The address a form was sent from; shortened. */
  address: string
  /** `source / medium / campaign`; empty when it came from nowhere in particular. */
  placement: string
}

export function askedByCall(
  conversion: Conversion,
  call: HistoryRow<'call_matches'>,
  { session, known, blocked }: { session: Session | undefined; known: KnownCall | undefined; blocked: Blocked },
): AskedDraft {
  const { issued_at, call: fact } = known ?? {}
  const caller = fact && phoneOf(...clientPhone(fact))
  const { source, medium, campaign, channel } = session ?? call
  const placement = placementOf({ source, medium, campaign, channel })
  const isLeased = call.reason === 'number_on_screen' || call.reason === 'number_in_reserve'
  const isTracked = call.reason === 'nobody_held_it' || call.session !== ''
  return {
    conversion,
    asked: {
      ...{
        conversion,
        ids: [call.id],
        phone: call.from,
        // As an identifier: to calls that the listed number does not name (of a desk behind it) no change of the list would lead.
        isBlocked: caller !== undefined && blocked.has(caller.join('\n')),
        names: [],
        session,
        byBrowser: false,
      },
      ...{ isTracked, issued_at: isLeased ? issued_at : undefined },
      paid: paidChannels.test(channel) ? placement : '',
    },
    ...{ address: '', placement },
  }
}

export function askedByLead(
  conversion: Conversion,
  { form, messages, ids }: MergedLead,
  { session, blocked }: { session: Session | undefined; blocked: Blocked },
): AskedDraft {
  const said = messages.find(({ source }) => source !== '')
  const { source, medium, campaign, channel } = session ?? said ?? nowhere
  const placement = placementOf({ source, medium, campaign, channel })
  const phones = [form, ...messages].map((fact) => fact?.phone ?? '')
  // A number put in to get past a form is nobody's, however many do it.
  const phone = phones.find((said) => said !== '' && !isJunk('phone', said)) ?? ''
  const names = [form?.contact_name ?? '', ...messages.map(({ name }) => name)].filter((name) => name !== '')
  // What a marketplace hands over is paid for whatever it calls itself.
  const isPaid = paidChannels.test(channel) || conversion.lead_kind === 'marketplace'
  return {
    conversion,
    asked: {
      ...{
        conversion,
        ids,
        phone,
        isBlocked: blocked.has(`phone\n${phone}`),
        names,
        session,
        byBrowser: form?.trusted === 0,
      },
      ...{ isTracked: !untracked.has(conversion.lead_kind), issued_at: undefined, paid: isPaid ? placement : '' },
    },
    ...{ address: form?.ip ?? '', placement },
  }
}

const nowhere = { source: '', medium: '', campaign: '', channel: '' }

function placementOf({ source, medium, campaign, channel }: typeof nowhere): string {
  if (source === '' || channel === 'direct' || channel === 'internal') return ''
  return [source, medium, campaign].filter(Boolean).join(' / ')
}

/** Requests looked back at for signs: somebody who asks every minute must not cost more with each. */
const BEFORE_MAX = 200

/**
 * Looks for signs in each request of a person, and says what it is counted by together with those of others. The drafts
 * are in the order of their moments.
 */
export function signAll(drafts: readonly AskedDraft[], deals: readonly DealSeen[]): Conversion[] {
  return drafts.map(({ conversion, asked, address, placement }, index) => {
    const before = drafts.slice(Math.max(0, index - BEFORE_MAX), index).map((draft) => draft.asked)
    const fraud_keys = fraudKeys(conversion.at, { number: asked.phone, address, placement })
    return { ...conversion, ...scored(ownSigns(asked, before, deals)), fraud_keys }
  })
}
