// Groups of synonyms as people type them; files as Excel writes them.
import { expect, test } from 'vitest'
import { charsetOf, importType } from './file'
import { readGroups } from './synonyms'

test('a group a line, words once, empty lines are nothing', () => {
  expect(readGroups('身份证、居民证， 身份证\n\n社保,社会保险 ; 五险\n')).toEqual({ groups: [['身份证', '居民证'], ['社保', '社会保险', '五险']], lonely: [] })
})

test('a word alone is told', () => {
  expect(readGroups('公积金\nA=B')).toEqual({ groups: [['A', 'B']], lonely: ['公积金'] })
})

test('the kind of a file by its name, and GB18030 by its bytes', () => {
  expect(['a.CSV', 'b.md', 'c.json', 'd.xlsx'].map(importType)).toEqual(['text/csv', 'text/markdown', 'application/json', undefined])
  expect(charsetOf(new TextEncoder().encode('标题,正文').buffer as ArrayBuffer)).toBe('utf-8')
  expect(charsetOf(Uint8Array.from([0xb1, 0xea, 0xcc, 0xe2]).buffer)).toBe('gb18030')
})
