// What a notice waits for next.
import { expect, test } from 'vitest'
import { counted, stepOf } from './steps'

test('a draft waits for an editor, then for a signature', () => {
  expect(stepOf({ stage: 'draft', edited_by: null })).toBe('edit')
  expect(stepOf({ stage: 'draft', edited_by: 'chengang' })).toBe('sign')
})

test('each counts once', () => {
  const list = (['planned', 'draft', 'signed', 'sent', 'sent'] as const).map((stage) => ({ stage, edited_by: null }))
  expect(counted(list)).toEqual({ wait: 1, edit: 1, sign: 0, send: 1, done: 2 })
})
