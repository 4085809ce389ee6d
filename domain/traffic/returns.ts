/**
 * Pages of banks, payment systems and sign-in services that send the visitor back where they came from. A visit that
 * begins there began earlier, somewhere else.
 */
export const returnHosts = `
  yookassa.ru yoomoney.ru money.yandex.ru kassa.yandex.ru pay.yandex.ru
  securepay.tinkoff.ru securepay.tbank.ru pay.tinkoff.ru pay.tbank.ru forma.tinkoff.ru forma.tbank.ru acs.tinkoff.ru acs.tbank.ru
  securepayments.sberbank.ru 3dsec.sberbank.ru payecom.ru ecommerce.sberbank.ru pay.sber.ru sberpay.ru pokupay.ru
  sbp.nspk.ru qr.nspk.ru acs.mirconnect.ru
  robokassa.ru robokassa.com robokassa.kz
  cloudpayments.ru cloudpayments.kz
  paykeeper.ru pay.modulbank.ru payanyway.ru moneta.ru unitpay.ru unitpay.money payonline.ru
  wpay.uniteller.ru assist.ru best2pay.net payture.com chronopay.com rbkmoney.com rbk.money
  oplata.qiwi.com merchant.webmoney.ru walletone.com interkassa.com
  prodamus.ru payform.ru getplatinum.ru lifepay.ru dolyame.ru split.yandex.ru podeli.ru
  pay.alfabank.ru engine.paymentgate.ru web.rbsuat.com payment.alfabank.ru
  platezh.vtb24.ru acs.gazprombank.ru 3ds.payment.ru
  pay.raif.ru e-commerce.raiffeisen.ru acs.raiffeisen.ru pay.mts.ru mandarin.io mandarinpay.com
  paypal.com paypal.me checkout.stripe.com hooks.stripe.com
  pay.klarna.com live.adyen.com checkoutshopper-live.adyen.com secure.worldpay.com
  braintreegateway.com pay.checkout.com buy.stripe.com pay.google.com payments.google.com authorize.net 2checkout.com skrill.com mollie.com
  securecode.com arcot.com cardinalcommerce.com centinelapi.cardinalcommerce.com 3dsecure.io acs.touchtechpayments.com
  liqpay.ua wayforpay.com portmone.com.ua fondy.eu bepaid.by webpay.by epay.kz epay.homebank.kz click.uz payme.uz
  afterpay.com iyzipay.com paytr.com payu.com
  oauth.yandex.ru passport.yandex.ru passport.yandex.com id.yandex.ru sso.ya.ru sso.yandex.ru
  oauth.vk.com id.vk.com id.vk.ru login.vk.com login.vk.ru connect.ok.ru auth.mail.ru account.mail.ru o2.mail.ru connect.mail.ru
  accounts.google.com accounts.youtube.com appleid.apple.com login.live.com login.microsoftonline.com
  esia.gosuslugi.ru id.sber.ru online.sberbank.ru id.tinkoff.ru id.tbank.ru login.mts.ru sudir.mos.ru login.mos.ru oauth.telegram.org`
