import { isbot } from 'isbot'
import { LRUCache } from 'lru-cache'
import { UAParser } from 'ua-parser-js'

export type Device = 'desktop' | 'mobile' | 'tablet' | 'tv' | 'other'

/** What a User-Agent header says about the program that sent it. */
export interface Client {
  device: Device
  /** Empty when it cannot be told, as `os`. */
  browser: string
  os: string
  bot: boolean
}

const CACHE_MAX = 10_000
const USER_AGENT_LENGTH_MAX = 1_000

const cache = new LRUCache<string, Client>({ max: CACHE_MAX })

const unknown: Client = { device: 'other', browser: '', os: '', bot: false }
const nameless: Client = { ...unknown, bot: true }

/**
 * Describes a browser by its User-Agent. An empty one is a bot: every browser sends it. Pass undefined when a server
 * reports somebody else's visit and did not say with what: nothing is known then, and nobody is a bot.
 */
export function describeClient(user_agent: string | undefined): Client {
  if (user_agent === undefined) return unknown
  const text = user_agent.slice(0, USER_AGENT_LENGTH_MAX).trim()
  if (text === '') return nameless
  let client = cache.get(text)
  if (!client) {
    client = parse(text)
    cache.set(text, client)
  }
  return client
}

/** Programs that drive a real browser, and crawlers that the list of isbot leaves out. */
const automation = /headless|phantomjs|electron\/|slimerjs|puppeteer|playwright|selenium|webdriver|cypress\//i

function parse(text: string): Client {
  const { device, browser, os } = new UAParser(text).getResult()
  return {
    device: deviceOf(device.type, os.name),
    browser: browserNames.get(browser.name ?? '') ?? browser.name ?? '',
    os: osNames.get(os.name ?? '') ?? os.name ?? '',
    bot: isbot(text) || automation.test(text),
  }
}

function deviceOf(type: string | undefined, os: string | undefined): Device {
  if (type === 'mobile' || type === 'tablet') return type
  if (type === 'smarttv') return 'tv'
  if (type !== undefined) return 'other'
  return os !== undefined && desktops.test(os) ? 'desktop' : 'other'
}

const desktops =
  /^(?:Windows|Mac OS|Linux|Chromium OS|Chrome OS|Ubuntu|Debian|Fedora|FreeBSD|OpenBSD|NetBSD|Mint|Arch|SUSE|Gentoo|CentOS|RedHat|Mageia|Mandriva|Manjaro|Raspbian|elementary OS|Solaris|GNU|Linpus|Slackware|Zenwalk|PCLinuxOS|Sabayon|Deepin|Astra)/i

const browserNames = new Map([
  ['Yandex', 'Yandex Browser'],
  ['Mobile Safari', 'Safari'],
  ['Mobile Firefox', 'Firefox'],
  ['Opera Mobi', 'Opera'],
  ['Opera Touch', 'Opera'],
  ['GSA', 'Google App'],
  ['IE', 'Internet Explorer'],
  ['IEMobile', 'Internet Explorer'],
  ['Chrome Headless', 'Chrome'],
])

const osNames = new Map([
  ['Mac OS', 'macOS'],
  ['Chromium OS', 'Chrome OS'],
  ['Chrome OS', 'Chrome OS'],
])
