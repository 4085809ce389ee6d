import { openChance } from './chance.ts'
import type { Household, Person } from './population.ts'
import type { World } from './world.ts'

export interface FullName {
  first: string
  last: string
}

/** Given names with what their bearers are called, and so sign as. */
const men = [
  ...[
    'Александр Саша Саня',
    'Сергей Серёжа',
    'Дмитрий Дима',
    'Алексей Лёша Алёша',
    'Андрей',
    'Иван Ваня',
    'Михаил Миша',
  ],
  ...[
    'Максим Макс',
    'Евгений Женя',
    'Владимир Вова Володя',
    'Николай Коля',
    'Олег',
    'Павел Паша',
    'Роман Рома',
    'Игорь',
  ],
  ...['Антон', 'Артём', 'Юрий Юра', 'Пётр Петя', 'Рустам', 'Тигран', 'Радмир', 'Святогор'],
]
const women = [
  ...[
    'Анна Аня',
    'Елена Лена',
    'Наталья Наталия Наташа',
    'Ольга Оля',
    'Екатерина Катя Ekaterina',
    'Мария Маша',
    'Ирина Ира',
  ],
  ...['Татьяна Таня', 'Светлана Света', 'Юлия Юля', 'Анастасия Настя', 'Евгения Женя', 'Александра Саша', 'Дарья Даша'],
  ...['Алина', 'Жанна', 'Вера', 'Ксения Ксюша', 'Полина', 'Людмила Люда', 'Гульнара', 'Аглая', 'Забава'],
]
const surnames = [
  ...[
    'Иванов',
    'Смирнов',
    'Кузнецов',
    'Попов',
    'Соколов',
    'Лебедев',
    'Козлов',
    'Новиков',
    'Морозов',
    'Петров',
    'Волков',
  ],
  ...[
    'Соловьёв',
    'Васильев',
    'Зайцев',
    'Павлов',
    'Семёнов',
    'Голубев',
    'Виноградов',
    'Богданов',
    'Воробьёв',
    'Фёдоров',
  ],
  ...['Михайлов', 'Беляев', 'Тарасов', 'Белов', 'Комаров', 'Орлов', 'Киселёв', 'Макаров', 'Андреев', 'Ильин', 'Гусев'],
  // These are a wife's as well.
  ...['Ким', 'Шевченко', 'Черных', 'Мельник', 'Саркисян'],
]

/** Names of people, and how they sign. Chances of their own: a world without names goes the same way. */
export function openNames(seed: number, named_share: number) {
  const chance = openChance(seed ^ 0x6e616d65)
  return {
    newName(household: Household | undefined): FullName {
      const isWoman = chance.chance(0.5)
      const first = chance.pick(isWoman ? women : men)
      const before = household?.members[0]?.name.last
      const last = before === undefined || chance.chance(0.15) ? chance.pick(surnames) : stemOf(before)
      return { first, last: isWoman && /[ое]в$|ёв$|ин$/.test(last) ? `${last}а` : last }
    },
    /** A mailbox that a household has in common; empty for who has none. */
    isMailboxShared: () => chance.chance(0.25),
    usesSharedMailbox: () => chance.chance(0.5),
    /** What somebody writes of their name into a form; empty for who writes nothing, or where nobody asks. */
    written({ name: { first, last } }: Person): string {
      if (!chance.chance(named_share)) return ''
      const [own, ...forms] = first.split(' ') as [string, ...string[]]
      const called = chance.chance(0.2) && forms.length > 0 ? chance.pick(forms) : own
      const way = chance.weighted({ first: 55, both: 25, turned: 8, initial: 4, slip: 3, joke: 2, other: 3 })
      if (way === 'both') return `${called} ${last}`
      if (way === 'turned') return `${last} ${called}`
      if (way === 'initial') return `${own[0]}. ${last}`
      if (way === 'slip') return slipped(called, chance.whole(0, called.length - 1))
      if (way === 'joke') return chance.pick(['Вася', 'Вася Пупкин', 'Бэтмен', 'тест', 'Покупатель'])
      // For a husband, a mother: with one's own phone.
      if (way === 'other') return (chance.pick([...men, ...women]).split(' ') as [string])[0]
      return called
    },
    /** What stands on the card of the CRM. */
    onCard({ name: { first, last } }: Person): string {
      if (!chance.chance(named_share)) return ''
      const own = first.split(' ', 1)[0] as string
      return chance.chance(0.6) ? `${own} ${last}` : own
    },
  }
}

export type Names = ReturnType<typeof openNames>

function stemOf(surname: string): string {
  return /(?:ов|ев|ёв|ин)а$/.test(surname) ? surname.slice(0, -1) : surname
}

/** Two letters change places. */
function slipped(word: string, place: number): string {
  return word.slice(0, place) + word.slice(place + 1, place + 2) + word.slice(place, place + 1) + word.slice(place + 2)
}

/** The email somebody gives: their own, or their household's. */
export function givenEmail({ names }: World, { email, household }: Person): string {
  return household && household.email !== '' && names.usesSharedMailbox() ? household.email : email
}
