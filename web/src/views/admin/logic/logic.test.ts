// The draft's logic against the very files that admins edit.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { getStaticTOMLValue, parseTOML } from 'toml-eslint-parser'
import type { Model, Plain } from '@/api/model'
import { changes, undo } from './changes'
import { graph, slotPath, waysOut } from './graph'
import { lineOf, lineValue, locate, settingAt } from './locate'
import { ROOMS, valueAt } from './path'
import { LIMITS, PROMISES, RETENTION, TRUNK, outOfRange } from './settings'
import { readWay, writeWay } from './ways'

const file = (name: string) => readFileSync(new URL(`../../../../../sip-config/${name}`, import.meta.url), 'utf8')

function model(): Model {
  const out: Record<string, Plain> = { years: [2026] }
  for (const { room, file: name, list } of ROOMS) {
    const value = getStaticTOMLValue(parseTOML(file(name))) as Record<string, Plain>
    out[room] = list ? (value[list] ?? []) : value
  }
  return out as unknown as Model
}

test('a fault in a row of many settings is found by its column', () => {
  const text = file('desks.toml')
  const lines = text.split('\n')
  const line = lines.findIndex((l) => l.includes('"012"') && l.includes('户籍')) + 1
  const column = (lines[line - 1] ?? '').indexOf('members') + 1
  const found = locate(text)
  expect(settingAt(found, line, column)).toEqual(['desk', { no: '012' }, 'members'])
  expect(settingAt(found, line)).toEqual(['desk', { no: '012' }])
  expect(lineOf(found, ['desk', { no: '012' }])).toBe(line)
})

test('settings below headers and in nameless lists are found', () => {
  const menus = file('menus.toml')
  const at = menus.split('\n').findIndex((l) => l.startsWith('2 = "menu desk"')) + 1
  expect(settingAt(locate(menus), at)).toEqual(['menu', 'root', 'keys', '2'])
  const hours = file('calendar/hours.toml')
  const place = hours.split('\n').findIndex((l) => l.startsWith('place = "unit ZFJ"')) + 1
  expect(settingAt(locate(hours), place)).toEqual(['pattern', 1, 'place'])
})

test('what is no TOML has no settings', () => {
  expect(locate('root = ')).toEqual([])
})

test('a line of the doctor is read as a setting', () => {
  expect(lineValue('dtmf = "info"')).toEqual({ key: 'dtmf', value: 'info' })
  expect(lineValue('codecs = ["pcmu", "pcma"]  # theirs')).toEqual({ key: 'codecs', value: ['pcmu', 'pcma'] })
  expect(lineValue('qualify = 30')).toEqual({ key: 'qualify', value: 30 })
  expect(lineValue('nothing of the kind')).toBeUndefined()
})

test('each change is found with its place and can be taken back', () => {
  const was = model()
  const now = model()
  const desk = now.desks.find((d) => d.no === '012')
  if (!desk || !now.menus.menu?.['root']?.keys) throw new Error('the sample has changed')
  desk.name = '户籍一号'
  now.menus.menu['root'].keys['4'] = 'message'
  now.units.splice(2, 1)
  now.hours.change = [{ place: 'centre', from: '2026-12-03' }]
  const found = changes(was, now)
  expect(found.map((c) => [c.file, c.kind, ...c.at])).toEqual([
    ['menus.toml', 'add', 'menu', 'root', 'keys', '4'],
    ['units.toml', 'remove', 'unit', { code: 'JTJ' }],
    ['desks.toml', 'set', 'desk', { no: '012' }, 'name'],
    ['calendar/hours.toml', 'add', 'change'],
  ])
  expect(found.map(undo).flat()).toEqual([
    { file: 'menus.toml', at: ['menu', 'root', 'keys', '4'], op: 'remove' },
    { file: 'units.toml', at: ['unit', 2], op: 'insert', value: was.units[2] },
    { file: 'desks.toml', at: ['desk', { no: '012' }, 'name'], op: 'set', value: '户籍一号窗口' },
    { file: 'calendar/hours.toml', at: ['change'], op: 'remove' },
  ])
})

test('nameless rows that come and go are not taken for changes of their neighbours', () => {
  const was = model()
  const now = model()
  now.hours.pattern?.splice(1, 1)
  const found = changes(was, now)
  expect(found).toHaveLength(1)
  expect(found[0]).toMatchObject({ kind: 'remove', at: ['pattern', 1], index: 1 })
})

test('an order of rows is a change of its own', () => {
  const now = model()
  now.operators.operator?.reverse()
  expect(changes(model(), now).map((c) => c.kind)).toEqual(['order'])
})

test('ways are read and written', () => {
  for (const text of ['queue general', 'menu desk', 'language en, queue en', 'repeat', 'back', 'tell_progress', 'reach_desk', 'message']) {
    const way = readWay(text)
    expect(way && writeWay(way), text).toBe(text)
  }
  for (const text of ['', 'queue', 'repeat now', 'language fr, queue en', 'language en, language zh, back', 'fly']) {
    expect(readWay(text), text).toBeUndefined()
  }
})

test('the graph of the sample: three menus, two queues, desks, progress, each edge a setting', () => {
  const now = model()
  const { nodes, edges } = graph(now.menus)
  expect(nodes.map((n) => n.id).sort()).toEqual(['desk', 'menu:desk', 'menu:progress', 'menu:root', 'progress', 'queue:en', 'queue:general'])
  expect(nodes.find((n) => n.root)?.x).toBe(0)
  for (const edge of edges) {
    expect(valueAt(now, { file: 'menus.toml', at: slotPath(edge.menu, edge.slot) }), edge.id).toBeTypeOf('string')
  }
  expect(waysOut(now.menus, 'root').map((w) => w.text)).toContain('repeat')
})

test('every setting of the forms that the sample writes is in range, and of the kind that the form shows', () => {
  const now = model()
  for (const group of [...LIMITS, ...PROMISES, ...RETENTION]) {
    const written = valueAt(now, { file: group.file, at: group.at })
    expect(written, group.id).toBeTypeOf('object')
    const known = new Set(group.settings.map((s) => s.key))
    expect(Object.keys(written as object).filter((key) => !known.has(key)), group.id).toEqual([])
    for (const setting of group.settings) {
      const value = (written as Record<string, Plain>)[setting.key]
      expect(outOfRange(setting, value), `${group.id}.${setting.key}`).toBe(false)
    }
  }
})

test('every setting that trunks.toml describes has a field', () => {
  const described = [...file('trunks.toml').matchAll(/^# ([a-z_]+) += /gm)].map((m) => m[1])
  const shown = new Set(['name', ...TRUNK.flatMap((g) => g.settings.map((s) => s.key))])
  expect(described.length).toBeGreaterThan(25)
  expect(described.filter((key) => !shown.has(key ?? ''))).toEqual([])
})
