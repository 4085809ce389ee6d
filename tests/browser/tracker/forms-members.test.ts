import { describe, expect, test } from 'vitest'
import { visiting } from './visiting.ts'

const visitor = visiting()

const leads = () => visitor.outside.events.filter(({ type }) => type === 'form')

describe('a form whose fields are called like its own members', () => {
  test.each([
    ['submitted', ''],
    [
      'sent from a click',
      "document.querySelector('button').addEventListener('click', (event) => event.preventDefault())",
    ],
  ])('is one lead when it is %s, whatever of its own members its fields are called', async (_, script) => {
    const { outside, context, visit, settle } = visitor
    await context.addInitScript(() => addEventListener('submit', (event) => event.preventDefault()))
    const names = [
      'elements length querySelector getElementsByTagName hasAttribute',
      'matches attributes childNodes children parentNode parentElement nodeType tagName contains submit action method target',
      'closest id type value labels form',
      'matches querySelectorAll getAttribute addEventListener importNode cloneNode',
    ].flatMap((row) => row.split(' '))
    const fields = names.map((name) => `<input name="${name}" value="1">`).join('')
    const contact = '<input name="name" value="Мария"><input type="tel" name="phone" value="9261112233">'
    const page = await visit(
      '/',
      `<form id="odd">${fields}${contact}<button>Send</button></form><script>${script}</script>`,
    )
    await outside.event('page')
    // Playwright itself trips over such a form.
    await page.evaluate("document.querySelector('button').click()")
    await settle(page)
    expect(leads()).toMatchObject([{ form: { id: 'odd', fields: { name: 'Мария', phone: '9261112233' } } }])
    expect(leads()).toHaveLength(1)
    expect(outside.refused).toEqual([])
    expect(visitor.complaints).toEqual([])
  })
})
