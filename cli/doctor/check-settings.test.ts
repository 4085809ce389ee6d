import { describe, expect, test } from 'vitest'
import { readConfig } from '../config.ts'
import { checkNode } from './check-machine.ts'
import { checkSettings } from './check-settings.ts'

describe('doctor on settings', () => {
  test.each([
    ['finds the defaults well', {}, 'settings ok'],
    [
      'finds https behind a named proxy well',
      { BASE_URL: 'https://t.example.com', TRUST_PROXY: '127.0.0.1' },
      'settings ok',
    ],
    ['misses the proxy behind an https address', { BASE_URL: 'https://t.example.com' }, 'TRUST_PROXY warning'],
    ['refuses to trust everybody', { TRUST_PROXY: '10.0.0.0/8,0.0.0.0/0' }, 'TRUST_PROXY fault'],
    ['refuses to trust everybody on IPv6', { TRUST_PROXY: '::/0' }, 'TRUST_PROXY fault'],
    ['misses an address for those outside', { HOST: '0.0.0.0' }, 'BASE_URL warning'],
    ['warns of plain http', { BASE_URL: 'http://t.example.com' }, 'BASE_URL warning'],
    ['takes plain http on this machine', { BASE_URL: 'http://localhost:8080' }, 'settings ok'],
    ['warns of a path', { BASE_URL: 'http://localhost:8080/track' }, 'BASE_URL warning'],
  ])('%s', (_, env, expected) => {
    expect(checkSettings(readConfig(env)).map(({ name, level }) => `${name} ${level}`)).toEqual([expected])
  })

  test.each([
    ['20.19.0', 'ok'],
    ['20.18.9', 'fault'],
    ['22.0.0', 'ok'],
    ['18.20.0', 'fault'],
  ])('takes Node %s for %s', (version, level) => {
    expect(checkNode(version).map((check) => check.level)).toEqual([level])
  })
})
