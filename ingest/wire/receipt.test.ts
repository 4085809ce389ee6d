import { expect, test } from 'vitest'
import { type Receipt, writeReceipt } from './receipt.ts'

const usual: Receipt = { accepted: 1, rejected_total: 0, rejected: [], position: 'n1.events-12~n2.leases-3' }
const refusal = { index: 0, event: 1, field: 'at', message: 'is «late»' }

test.each([
  ['of events that were all taken', usual],
  ['with refusals', { ...usual, rejected_total: 1, rejected: [refusal] }],
  ['of an import', { ...usual, lines: 7 }],
  ['with numbers', { ...usual, numbers: [] }],
])('a receipt %s is written as JSON has it', (_, receipt: Receipt) => {
  expect(writeReceipt(receipt)).toBe(JSON.stringify(receipt))
})
