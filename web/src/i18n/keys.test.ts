// Both languages say the same things: same files, same keys, same places to fill in.
import { expect, test } from 'vitest'
import en from './en'
import zh from './zh-CN'

function flat(texts: object, at = ''): Map<string, string> {
  const out = new Map<string, string>()
  for (const [key, value] of Object.entries(texts)) {
    if (typeof value === 'string') out.set(at + key, value)
    else for (const [k, v] of flat(value as object, `${at}${key}.`)) out.set(k, v)
  }
  return out
}

const slots = (text: string) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort().join()

test('the same keys in both languages', () => {
  expect([...flat(en).keys()].sort()).toEqual([...flat(zh).keys()].sort())
})

test('nothing is empty and the slots agree', () => {
  const english = flat(en)
  const bad = [...flat(zh)].filter(([key, text]) => {
    const other = english.get(key) ?? ''
    return !text.trim() || !other.trim() || slots(other) !== slots(text)
  })
  expect(bad.map(([key]) => key)).toEqual([])
})
