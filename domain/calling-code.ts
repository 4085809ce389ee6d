import { type CountryCode, getCountryCallingCode, isSupportedCountry } from 'libphonenumber-js/min'

/** Whether a phone (E.164) can be of a country (ISO 3166); true when the country is unknown. */
export function isPhoneOf(phone: string, country: string): boolean {
  if (!isSupportedCountry(country)) return true
  return phone.startsWith(`+${getCountryCallingCode(country as CountryCode)}`)
}
