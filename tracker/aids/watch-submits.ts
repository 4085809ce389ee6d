import { on } from '../src/guard.ts'
import { labelOf } from './label-of.ts'
import { say } from './say.ts'

/** Says that somebody tried to send a form. Whether it became a lead is told by the form that is seen after it. */
export function watchSubmits(): void {
  on('submit', ({ target }) => {
    const form = target as HTMLFormElement
    say('saw', [
      `submit of ${labelOf(form)}.`,
      'It is a lead once its builder says that it was accepted; others at once,' +
        ' when they hold a phone, or an e-mail and no password.',
    ])
  })
}
