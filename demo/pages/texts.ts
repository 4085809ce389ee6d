export type Language = 'en' | 'ru'

/** Every text of the demo site. Phones are written the way people write them: the tracker must know them all. */
export const texts = {
  en: {
    brand: 'North Shore Homes',
    tagline: 'A demo site with the Throughline snippet installed',
    home: 'Home',
    shore: 'North Shore',
    hills: 'Green Hills',
    contacts: 'Contacts',
    hero: 'Apartments by the water, forty minutes from the centre',
    heroText: 'Two estates, keys next spring. Our sales office is open every day from nine to nine:',
    shoreText:
      'Low-rise houses on the embankment, a school and a marina. Apartments from ₽12.4 million. Ask about the last corner flats:',
    hillsText:
      'A park district on the hills: playgrounds, cycle paths, no cars in the yards. Apartments from ₽8.9 million. Call us:',
    more: 'See the estate',
    officeTitle: 'Sales office',
    officeText: 'Come by without an appointment, or ring first:',
    extension: 'ext. 7',
    formTitle: 'Ask for a viewing',
    name: 'Your name',
    phone: 'Phone',
    email: 'Email',
    send: 'Send',
    thanksTitle: 'Thank you!',
    thanksText: 'We will ring you back within fifteen minutes. This page came from an ordinary form submit.',
    toPanel: 'Play the outside world ↓',
    footer: 'Nobody sells anything here. The site exists to be tracked.',
  },
  ru: {
    brand: 'Северный берег',
    tagline: 'Демо-сайт, на котором стоит код Throughline',
    home: 'Главная',
    shore: 'Северный берег',
    hills: 'Зелёные холмы',
    contacts: 'Контакты',
    hero: 'Квартиры у воды, сорок минут от центра',
    heroText: 'Два жилых комплекса, ключи следующей весной. Офис продаж открыт каждый день с девяти до девяти:',
    shoreText: 'Малоэтажные дома на набережной, школа и причал. Квартиры от 12,4 млн ₽. Спросите о последних угловых:',
    hillsText: 'Парковый квартал на холмах: площадки, велодорожки, дворы без машин. Квартиры от 8,9 млн ₽. Звоните:',
    more: 'О комплексе',
    officeTitle: 'Офис продаж',
    officeText: 'Приходите без записи или сначала позвоните:',
    extension: 'доб. 7',
    formTitle: 'Записаться на просмотр',
    name: 'Ваше имя',
    phone: 'Телефон',
    email: 'Почта',
    send: 'Отправить',
    thanksTitle: 'Спасибо!',
    thanksText: 'Перезвоним в течение пятнадцати минут. Эта страница открылась обычной отправкой формы.',
    toPanel: 'Сыграть внешний мир ↓',
    footer: 'Здесь ничего не продаётся. Сайт существует, чтобы его отслеживали.',
  },
} as const satisfies Record<Language, Record<string, string>>

export type Texts = (typeof texts)[Language]
