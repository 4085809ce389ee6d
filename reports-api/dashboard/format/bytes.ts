import type { Language } from '../i18n/translate.ts'

const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const

/** Bytes in the reader's words, in steps of 1024 as settings have them: «1.5 GB». */
export function formatBytes(bytes: number, language: Language): string {
  const step = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10))
  const value = bytes / 1024 ** step
  return new Intl.NumberFormat(language, {
    // «0 byte» is what short makes of it in English.
    ...{ style: 'unit', unit: units[step] as string, unitDisplay: step === 0 ? 'narrow' : 'short' },
    maximumFractionDigits: value < 10 && step > 0 ? 1 : 0,
  }).format(value)
}
