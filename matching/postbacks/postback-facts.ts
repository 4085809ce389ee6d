import { moneyText } from '#domain/money.ts'
import type { Store } from '#storage/client.ts'

/** What a postback may tell of a deal: the macros, by name. */
export interface PostbackFacts {
  deal: string
  amount: string
  currency: string
  gclid: string
  yclid: string
  ga: string
  /** Of the newest visit that Google Analytics saw. */
  ga_session: string
  ym: string
  source: string
  medium: string
  campaign: string
}

/** The deal as the history tells it now: source of its last touch that somebody brought, newest click and client ids. */
export async function readPostbackFacts(store: Store, site: string, deal: string): Promise<PostbackFacts | undefined> {
  const [conversion] = await store.query<{ person: string; value: string | null; currency: string }>(
    `SELECT person, toString(value) AS value, currency FROM conversions FINAL
     WHERE site = {site:String} AND kind = 'deal' AND fact = 'deal' AND id = {deal:String}`,
    { site, deal },
  )
  if (!conversion) return undefined
  const { person } = conversion
  const [touches, sessions, clients] = await Promise.all([
    store.query<{ source: string; medium: string; campaign: string }>(
      `SELECT source, medium, campaign FROM touchpoints FINAL
       WHERE site = {site:String} AND conversion_kind = 'deal' AND conversion_fact = 'deal' AND conversion = {deal:String}
         AND position > 0
       ORDER BY channel IN ('direct', 'internal'), position DESC LIMIT 1`,
      { site, deal },
    ),
    person === '' ? [] : lastOfSessions(store, site, person),
    person === '' ? [] : clientIds(store, site, person),
  ])
  const last = sessions[0] ?? { gclid: '', yclid: '', ga: '', ga_session: '', ym: '' }
  const client = (kind: 'ga' | 'ym') => last[kind] || (clients.find((row) => row.kind === kind)?.value ?? '')
  return {
    ...{ deal, amount: moneyText(conversion.value) ?? '', currency: conversion.currency },
    ...{ gclid: last.gclid, yclid: last.yclid, ga: client('ga'), ym: client('ym') },
    ga_session: last.ga_session,
    ...(touches[0] ?? { source: '', medium: '', campaign: '' }),
  }
}

function lastOfSessions(store: Store, site: string, person: string) {
  return store.query<{ gclid: string; yclid: string; ga: string; ga_session: string; ym: string }>(
    `SELECT argMaxIf(click_ids['gclid'], started_at, click_ids['gclid'] != '') AS gclid,
       argMaxIf(click_ids['yclid'], started_at, click_ids['yclid'] != '') AS yclid,
       argMaxIf(ga, started_at, ga != '') AS ga, argMaxIf(ym, started_at, ym != '') AS ym,
       argMaxIf(s.ga_session, s.started_at, s.ga != '') AS ga_session
     FROM sessions AS s FINAL WHERE site = {site:String} AND person = {person:String}`,
    { site, person },
  )
}

/** Client ids that only the CRM has told. */
function clientIds(store: Store, site: string, person: string) {
  return store.query<{ kind: string; value: string }>(
    `SELECT kind, value FROM identities FINAL
     WHERE site = {site:String} AND kind IN ('ga', 'ym') AND person = {person:String} ORDER BY since DESC, value`,
    { site, person },
  )
}
