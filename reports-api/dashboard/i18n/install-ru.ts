import type { installEn } from './install-en.ts'
import type { Text } from './translate.ts'

/** Texts of the pages about putting the tag on a site, in Russian. */
export const installRu: Record<keyof typeof installEn, Text> = {
  'app.nav.install': 'Установка на сайт',
  'report.fresh.how': 'Как вставить на Tilda, WordPress, Битрикс, Wix и как проверить',
  'install.title': 'Установка на сайт',
  'install.lead':
    'Одна строка на каждой странице сайта {site}, в head, как можно раньше. Она загружается рядом со страницей и никогда её не задерживает.',
  'install.base': 'Адрес этого сервиса для посетителей',
  'install.base.hint': 'Тот, до которого дойдут браузеры посетителей. По HTTPS, если сайт на HTTPS.',
  'install.pick': 'На чём сделан сайт',
  'install.after': 'Когда строка на месте, проверьте её:',
  'install.check': 'Проверить страницу',
  'install.docs':
    'Все вызовы, а также что и как долго хранится, описано в папке docs: install.md, tracker-api.md, privacy.md.',

  'install.html': 'Обычный HTML',
  'install.html.steps':
    'Откройте шаблон, общий для всех страниц.\nВставьте строку сразу после <head>.\nОпубликуйте и проверьте страницу.',
  'install.tilda': 'Tilda',
  'install.tilda.steps':
    'Откройте «Настройки сайта» → «Ещё» → «HTML-код для вставки внутрь HEAD» → «Редактировать код».\nВставьте строку и сохраните.\nВернитесь к сайту и опубликуйте все страницы: до публикации у страницы остаётся прежний head.',
  'install.tilda.note':
    'Формы, попапы и оплаченные заказы Tilda распознаются сами. Её блок согласия не управляет тем, что вставлено в head: см. «С согласием» ниже.',
  'install.wordpress': 'WordPress',
  'install.wordpress.steps':
    'Поставьте плагин для кода в шапке, например WPCode (Insert Headers and Footers).\nВставьте строку в Header и сохраните.\nЕсли оптимизатор откладывает JavaScript (WP Rocket, LiteSpeed, Autoptimize), исключите {path} из отложенных.\nОчистите кеш страниц.',
  'install.wordpress.note':
    'Contact Form 7, Elementor, WPForms, Gravity Forms, Ninja Forms и обычные формы распознаются сами. Отложенный скрипт тоже работает, но считает лишь тех, кто тронул страницу.',
  'install.bitrix': 'Битрикс',
  'install.bitrix.steps':
    'Откройте шаблон сайта: «Настройки» → «Настройки продукта» → «Сайты» → «Шаблоны сайтов», или файл /bitrix/templates/ИМЯ/header.php.\nВставьте строку прямо перед </head>.\nСохраните и очистите управляемый и композитный кеш.',
  'install.bitrix.note': 'У сайта на Битрикс24 это «Настройки» → «Пользовательский HTML», внутри <head>.',
  'install.wix': 'Wix',
  'install.wix.steps':
    'Откройте «Настройки» → «Пользовательский код» (нужен сайт со своим доменом) → «Добавить код».\nВставьте строку; выберите «Все страницы», «Загружать код один раз» и место Head.\nПримените и опубликуйте.',
  'install.wix.note':
    "Страницы Wix сменяются без загрузки, но всё равно считаются. Свои формы Wix никому не показывает: заявкой они становятся одним вызовом: throughline('event', 'lead', { phone, email, name }).",
  'install.gtm': 'Tag Manager',
  'install.gtm.steps':
    'Создайте тег типа «Пользовательский HTML» и вставьте строку.\nТриггер: Initialization – All pages.\nОтправьте и опубликуйте контейнер.',
  'install.gtm.note':
    'Так она приходит позже, чем строка в head: номер на странице меняется позже, а блокировщики Tag Manager блокируют и её. Если до head можно добраться, лучше он. Заглянуть в контейнер проверка не может.',

  'install.own': 'На домене самого сайта',
  'install.own.text':
    'Safari дольше помнит посетителя, а списки блокировщиков не знают имени. Прокси сайта передаёт выбранный вами путь этому сервису: проверенные настройки для nginx и Caddy — в docs/proxy.md. data-tl-base говорит, куда идут факты.',
  'install.consent': 'С согласием',
  'install.consent.text':
    'Поставьте у сайта consent «wait»: пока страница не скажет «да», ничего не хранится и не отправляется, а вызовы ждут. Баннер говорит это одним вызовом; дальше это помнится. Строки для блока Tilda, Cookiebot, OneTrust, CookieYes, Complianz и Google Consent Mode — в docs/consent.md.',
  'install.consent.yes': 'Когда посетитель согласился',
  'install.consent.no': 'Когда отказался или отозвал согласие: всё прекращается, сохранённое удаляется',
  'install.queue': 'Вызовы до загрузки скрипта',
  'install.queue.text': 'Поставьте это перед строкой. Вызванное раньше времени подождёт и выполнится по порядку.',
  'install.policy': 'С Content-Security-Policy',
  'install.policy.text':
    'Добавьте этот адрес в обе директивы. Больше ничего не нужно: ни кода в странице, ни eval, ни стилей.',

  'check.title': 'Проверка страницы',
  'check.lead': 'Загружает страницу сайта {site}, как её загрузил бы посетитель, и смотрит на установленную строку.',
  'check.url': 'Адрес страницы',
  'check.run': 'Проверить',
  'check.running': 'Смотрим на страницу…',
  'check.snippets': 'К строке и тому, как её вставить',
  'check.verdict.good': 'На этой странице всё хорошо.',
  'check.verdict.warn': 'Работает, но кое-что можно улучшить.',
  'check.verdict.bad': 'На этой странице пока не работает.',
  'check.where': 'Просмотрено: {url}',
  'check.forbidden.text': 'Нужен токен с правом «admin» для этого сайта.',
  'check.open.test': 'Открыть с пробными номерами',
  'check.open.test.hint': 'Каждый подменяемый номер показан девятками. Номера при этом не занимаются.',
  'check.open.debug': 'Открыть с пояснениями',
  'check.open.debug.hint': 'Консоль браузера расскажет, что замечено, подменено, отправлено и что отвечено.',

  'check.page_unreachable': 'Страница не ответила: {reason}.',
  'check.page_status': 'Страница отвечает статусом {status}, а не 200.',
  'check.page_left':
    'Страница уводит на {address}, а это не домен сайта. Добавьте домен к сайту или проверьте страницу, которая никуда не уводит.',
  'check.page_not_html': 'Это не страница: её тип — «{type}».',
  'check.page_cut': 'Страница длиннее двух мегабайт; просмотрено только её начало.',
  'check.tag_found': 'Строка на месте: {address}',
  'check.tag_missing': 'Строки на этой странице нет. Вставьте её в head каждой страницы, опубликуйте и очистите кеши.',
  'check.tag_maybe_in_gtm':
    'В HTML строки нет. Есть Tag Manager, и, возможно, загружает её он: отсюда этого не видно. Откройте страницу с пояснениями и загляните в консоль.',
  'check.tag_other_site': 'Есть строка другого сайта, «{key}»: вероятно, старая. Уберите её.',
  'check.tag_twice': 'Строка стоит больше одного раза ({count}). Работает только первая; остальные уберите.',
  'check.tag_not_async': 'У строки нет async, поэтому страница ждёт её. Напишите <script async …>.',
  'check.tag_in_body': 'Строка стоит в body. В head она придёт раньше, и номер сменится до того, как его увидят.',
  'check.tag_delayed':
    'Что-то на странице откладывает строку: оптимизатор или баннер согласия. До тех пор ничего не считается. Исключите её из отложенных.',
  'check.tag_own_domain': 'Загружается с домена самой страницы: реже блокируется, дольше помнится.',
  'check.script_current': 'Скрипт отвечает, и это текущий скрипт сайта.',
  'check.script_stale':
    'Скрипт наш, но не самый новый: старый держит какой-то кеш. Догонит за пять минут; если нет, смотрите CDN.',
  'check.script_unreachable': 'Скрипт {address} не ответил: {reason}.',
  'check.script_status': 'Скрипт {address} отвечает статусом {status}. Верен ли ключ сайта?',
  'check.script_type': 'По адресу {address} отвечает не скрипт, а «{type}». Прокси ведёт не туда.',
  'check.script_foreign': 'По адресу {address} отвечает скрипт не этого сайта, а «{key}».',
  'check.policy_none': 'Политики безопасности, ограничивающей скрипты, на странице нет.',
  'check.policy_allows': 'Политика безопасности страницы разрешает загрузку скрипта и отправку.',
  'check.policy_script': 'Политика безопасности запрещает скрипт. Добавьте {source} в {directive}.',
  'check.policy_sending':
    'Политика безопасности запрещает отправку. Добавьте {source} в connect-src (сейчас решает {directive}).',
  'check.phones_none': 'Телефонов на странице не нашлось. То, что скрипты пишут позже, отсюда не видно.',
  'check.phones_swapped': 'Здесь будут подменены: {phones}.',
  'check.phones_left': 'Останутся как есть: {phones}. Чтобы подменять и их, добавьте их в «replaces» пула.',

  'check.reason.private': 'адрес частный, а на такие сервис не ходит (OUTBOUND_ALLOW)',
  'check.reason.timeout': 'прошло десять секунд',
  'check.reason.unknown_host': 'такого хоста нет',
  'check.reason.certificate': 'сертификат недействителен',
  'check.reason.refused': 'в соединении отказано, или оно прервано',
  'check.reason.redirects': 'слишком много перенаправлений',

  'check.phones': 'Телефоны на странице',
  'check.phones.phone': 'Телефон',
  'check.phones.written': 'Как написан',
  'check.phones.where': 'Где',
  'check.phones.pool': 'Подменяет',
  'check.phones.in_text': 'текст',
  'check.phones.in_link': 'ссылка',
  'check.phones.nobody': 'никто',
  'check.phones.tracked': 'сам подменный номер',

  'failed.domain_not_allowed': 'Этот адрес — не домен сайта. Сначала добавьте домен к сайту.',
  'failed.bad_request': 'Это не удалось прочитать. Проверьте введённое: адрес начинается с https:// или http://.',
}
