import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react'
import { type Language, nameOf, type TextKey, translate, type Values } from './translate.ts'

const key = 'throughline.language'

export interface Words {
  language: Language
  setLanguage(language: Language): void
  t<Key extends TextKey>(key: Key, ...values: Values<Key>): string
  /** A word for a value of the API: ours when we have one, else the value itself. */
  name(group: string, id: string): string
}

const WordsContext = createContext<Words | undefined>(undefined)

/** Gives every part below it the texts in the reader's language: the chosen one, else the browser's. */
export function LanguageProvider({ children }: { children: ReactNode }): ReactNode {
  const [language, setLanguage] = useState<Language>(firstLanguage)
  useEffect(() => {
    document.documentElement.lang = language
  }, [language])
  const words = useMemo<Words>(
    () => ({
      language,
      setLanguage: (next) => {
        try {
          localStorage.setItem(key, next)
        } catch {
          // Without storage the choice lasts as long as the page.
        }
        setLanguage(next)
      },
      t: (textKey, ...values) => translate(language, textKey, ...values),
      name: (group, id) => nameOf(language, group, id) ?? id,
    }),
    [language],
  )
  return <WordsContext value={words}>{children}</WordsContext>
}

export function useWords(): Words {
  const words = useContext(WordsContext)
  if (!words) throw new Error('useWords needs a LanguageProvider above it')
  return words
}

function firstLanguage(): Language {
  try {
    const kept = localStorage.getItem(key)
    if (kept === 'en' || kept === 'ru') return kept
  } catch {
    // Falls through to the browser's language.
  }
  return navigator.language.toLowerCase().startsWith('ru') ? 'ru' : 'en'
}
