// Every kind of event that the core tells, and every deed of the audit, has words: both are read from the house's own source.
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { SAID } from '@/views/cases/logic/said'
import zh from './zh-CN'

const SOURCE = new URL('../../../src/', import.meta.url)

/** The sources of some crates as one text, without their tests. */
function source(crate: string): string {
  const files = readdirSync(new URL(`${crate}/`, SOURCE), { recursive: true, encoding: 'utf8' })
  return files.filter((f) => f.endsWith('.rs') && !/(^|\/)tests?(\/|\.rs)|_tests\.rs/.test(f)).map((f) => readFileSync(new URL(`${crate}/${f}`, SOURCE), 'utf8')).join('\n')
}
const words = (text: string, pattern: RegExp) => new Set([...text.matchAll(pattern)].map((m) => m[1] ?? ''))
const texts = zh as unknown as { event: { kind: Record<string, string>; fact: Record<string, string> }; audit: { what: Record<string, string> } }
const without = (found: Set<string>, told: Record<string, string>) => [...found].filter((word) => !Object.hasOwn(told, word.replaceAll('.', '_')))

const call = source('call')
const api = source('api')

test('every kind of event', () => {
  const kinds = words(call, /"([a-z]+\.[a-z_]+)"/g)
  expect(kinds.size).toBeGreaterThan(40)
  expect(without(kinds, texts.event.kind)).toEqual([])
})

test('no words for kinds that the core does not tell', () => {
  const kinds = new Set([...words(call, /"([a-z]+\.[a-z_]+)"/g)].map((word) => word.replaceAll('.', '_')))
  expect(Object.keys(texts.event.kind).filter((word) => !kinds.has(word))).toEqual([])
})

test('every fact of an event', () => {
  const facts = words(call, /"([a-z_]+)=(?:\{[a-z]*\}|operator|second call)"/g)
  expect(facts.size).toBeGreaterThan(8)
  expect(without(facts, texts.event.fact)).toEqual([])
})

test('every deed of the audit', () => {
  const areas = 'session|config|trunk|knowledge|prompt|second_factor|password|recording|case|user'
  const deeds = words(api, new RegExp(`"((?:${areas})\\.[a-z_]+)"`, 'g'))
  for (const deed of words(api, /audit(?:_soon)?\(\s*&?who,\s*"([a-z_.]+)"/g)) deeds.add(deed)
  expect(deeds.size).toBeGreaterThan(25)
  expect(without(deeds, texts.audit.what)).toEqual([])
})

test('every order of the audit', () => {
  const orders = new Set([...words(source('api/orders'), /=> \("([a-z-]+)", /g)].map((word) => `order.${word.replaceAll('-', '_')}`))
  expect(orders.size).toBeGreaterThan(15)
  expect(without(orders, texts.audit.what)).toEqual([])
})

const promise = source('promise')
const told = zh as unknown as { promise: Record<string, Record<string, string>>; operator: { states: Record<string, string> } }
/** The words of an enum of the promise clock. */
function wordsOf(name: string): Set<string> {
  const block = new RegExp(`words!\\(${name} \\{([^}]*)\\}`).exec(promise)?.[1] ?? ''
  return words(block, /=> "([a-z0-9_]+)"/g)
}

test.each([
  ['What', 'what', 9], ['Why', 'why', 11], ['Lapse', 'why', 5], ['News', 'news', 18], ['Miss', 'miss', 7], ['Method', 'method', 3], ['Channel', 'channel', 2], ['By', 'by', 2], ['Contact', 'contact', 3], ['Flag', 'flag', 3], ['Change', 'change', 3],
])('every word of %s', (name, area, least) => {
  const found = wordsOf(name)
  expect(found.size).toBeGreaterThanOrEqual(least)
  expect(without(found, told.promise[area] ?? {})).toEqual([])
})

test('every state of a case', () => {
  expect(without(wordsOf('State'), told.operator.states)).toEqual([])
})

test('every kind of fact of the promise clock is told', () => {
  const kinds = words(promise, /\("([a-z_]+)", pen/g)
  expect(kinds.size).toBeGreaterThan(30)
  expect([...kinds].filter((kind) => !Object.hasOwn(SAID, kind))).toEqual([])
})

test('every stage of a call', () => {
  const view = readFileSync(new URL('call/view.rs', SOURCE), 'utf8')
  const stages = words(view.slice(view.indexOf('fn word'), view.indexOf('fn view')), /"([a-z_]+)"/g)
  expect(stages.size).toBeGreaterThan(9)
  expect(without(stages, (zh as unknown as { seat: { stage: Record<string, string> } }).seat.stage)).toEqual([])
})
