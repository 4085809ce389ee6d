/** Where an address is; all empty when it is not known. The country is an ISO 3166 code, the names are English. */
export interface Place {
  country: string
  region: string
  city: string
}

/** The two layouts of city databases: ip-location-db's flat one, and MaxMind's own. */
interface FlatRecord {
  country_code?: string
  state1?: string
  city?: string
}

interface NestedRecord {
  country?: { iso_code?: string }
  subdivisions?: { names?: { en?: string } }[]
  city?: { names?: { en?: string } }
}

/** A place under one name, however the database spells it: the same city must be one row of a report. */
export function namePlace(record: FlatRecord | NestedRecord): Place {
  const { country, region, city } = isNested(record) ? fromNested(record) : fromFlat(record)
  if (country !== 'RU') return { country, region: plainName(region), city: plainName(city) }
  return { country, region: russianRegion(plainName(region)), city: russianCity(plainName(city)) }
}

function isNested(record: FlatRecord | NestedRecord): record is NestedRecord {
  return 'country' in record || typeof record.city === 'object'
}

function fromFlat({ country_code = '', state1 = '', city = '' }: FlatRecord): Place {
  return { country: country_code, region: state1, city }
}

function fromNested({ country, subdivisions, city }: NestedRecord): Place {
  return {
    country: country?.iso_code ?? '',
    region: subdivisions?.[0]?.names?.en ?? '',
    city: city?.names?.en ?? '',
  }
}

/** «Moscow (Tsentralnyy administrativnyy okrug)» is Moscow. */
function plainName(name: string): string {
  return name
    .replace(/\s*\([^)]*\)?/g, '')
    .replaceAll('’', "'")
    .trim()
}

const petersburg = /^(?:st\.?|saint|sankt)[\s.-]*peterb?s?burg$/i

const cities = new Map([
  ['Ekaterinburg', 'Yekaterinburg'],
  ['Sebastopol', 'Sevastopol'],
  ['Rostov-na-Donu', 'Rostov-on-Don'],
  ['Nizhniy Novgorod', 'Nizhny Novgorod'],
  ['Velikiy Novgorod', 'Veliky Novgorod'],
  ['Kamensk-Uralskiy', 'Kamensk-Uralsky'],
  ['Zheleznodorozhnyy', 'Zheleznodorozhny'],
])

function russianCity(name: string): string {
  if (petersburg.test(name)) return 'Saint Petersburg'
  // Soft signs are written in some rows and not in others: Kazan', Kazan.
  const plain = name.replaceAll("'", '')
  return cities.get(plain) ?? plain
}

function russianRegion(name: string): string {
  const key = name.replaceAll("'", '').toLowerCase()
  if (petersburg.test(key)) return 'Saint Petersburg'
  return regions.find(({ beginnings }) => beginnings.some((beginning) => key.startsWith(beginning)))?.name ?? name
}

/** Beginnings of names in lower case, then the name. The first that fits counts, so longer ones stand before shorter. */
const regions = `
  moscow oblast|moskovskaya: Moscow Oblast
  moscow|moskva: Moscow
  leningrad: Leningrad Oblast
  sevastopol|sebastopol: Sevastopol
  altay kr|altai kr|altayskiy|altai terr: Altai Krai
  altai|altay: Altai Republic
  sakhalin: Sakhalin Oblast
  sakha|yakut: Sakha Republic
  yamal: Yamalo-Nenets
  nenets: Nenets
  khanty|yugra: Khanty-Mansi
  nizhny nov|nizhniy nov|nizhegorod: Nizhny Novgorod Oblast
  novgorod: Novgorod Oblast
  kamchat: Kamchatka Krai
  khabarov: Khabarovsk Krai
  krasnodar: Krasnodar Krai
  krasnoyarsk: Krasnoyarsk Krai
  perm: Perm Krai
  primor: Primorsky Krai
  stavropol: Stavropol Krai
  zabayk|transbaik: Zabaykalsky Krai
  adyg: Adygea
  bashk: Bashkortostan
  buryat: Buryatia
  chech: Chechnya
  chuvash: Chuvashia
  crimea|krym: Crimea
  dagestan: Dagestan
  ingush: Ingushetia
  kabardino: Kabardino-Balkaria
  kalmyk: Kalmykia
  karachay: Karachay-Cherkessia
  karel: Karelia
  khakas: Khakassia
  komi: Komi Republic
  mari: Mari El
  mordov: Mordovia
  north ossetia|severnaya oset: North Ossetia
  tatar: Tatarstan
  tuva|tyva: Tuva
  udmurt: Udmurtia
  chukot: Chukotka
  jewish|yevrey: Jewish Autonomous Oblast
  amur: Amur Oblast
  arkhangel: Arkhangelsk Oblast
  astrakhan: Astrakhan Oblast
  belgorod: Belgorod Oblast
  bryansk: Bryansk Oblast
  chelyabinsk: Chelyabinsk Oblast
  irkutsk: Irkutsk Oblast
  ivanov: Ivanovo Oblast
  kaliningrad: Kaliningrad Oblast
  kalug|kaluzh: Kaluga Oblast
  kemerov|kuzbass: Kemerovo Oblast
  kirov: Kirov Oblast
  kostrom: Kostroma Oblast
  kurgan: Kurgan Oblast
  kursk: Kursk Oblast
  lipetsk: Lipetsk Oblast
  magadan: Magadan Oblast
  murmansk: Murmansk Oblast
  novosibirsk: Novosibirsk Oblast
  omsk: Omsk Oblast
  orenburg: Orenburg Oblast
  oryol|orel|orlov: Oryol Oblast
  penz: Penza Oblast
  pskov: Pskov Oblast
  rostov: Rostov Oblast
  ryazan: Ryazan Oblast
  samar: Samara Oblast
  saratov: Saratov Oblast
  smolensk: Smolensk Oblast
  sverdlovsk: Sverdlovsk Oblast
  tambov: Tambov Oblast
  tomsk: Tomsk Oblast
  tula|tulsk: Tula Oblast
  tver: Tver Oblast
  tyumen: Tyumen Oblast
  ulyanovsk: Ulyanovsk Oblast
  vladimir: Vladimir Oblast
  volgograd: Volgograd Oblast
  vologda|vologod: Vologda Oblast
  voronez: Voronezh Oblast
  yaroslav|jaroslav: Yaroslavl Oblast`
  .trim()
  .split('\n')
  .map((line) => {
    const [beginnings = '', name = ''] = line.split(': ')
    return { name, beginnings: beginnings.trim().split('|') }
  })
