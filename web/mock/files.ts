// Mock: the configuration's files, read from sip-config/, and edits of their text that keep comments.
import { readFileSync, readdirSync } from 'node:fs'
import { getStaticTOMLValue, parseTOML, type AST } from 'toml-eslint-parser'
import type { Edit, FileDiff } from '../src/api/config'
import type { Plain } from '../src/api/model'
import { ROOMS, down, indexIn, type Step } from '../src/views/admin/logic/path'

export type Files = Map<string, string>

const ROOT = new URL('../sip-config/', `file://${process.cwd()}/`)

export function shipped(): Files {
  const names = readdirSync(ROOT).filter((n) => n.endsWith('.toml')).concat(readdirSync(new URL('calendar/', ROOT)).map((n) => `calendar/${n}`))
  return new Map(names.sort().map((name) => [name, readFileSync(new URL(name, ROOT), 'utf8')]))
}

const read = (text: string) => getStaticTOMLValue(parseTOML(text)) as Record<string, Plain>

export function model(files: Files): Record<string, unknown> {
  const out: Record<string, unknown> = { years: [...files.keys()].flatMap((n) => /calendar\/(\d{4})/.exec(n)?.[1] ?? []).map(Number) }
  for (const { room, file, list } of ROOMS) {
    const value = read(files.get(file) ?? '')
    out[room] = list ? (value[list] ?? []) : value
  }
  return out
}

function toml(value: Plain): string {
  if (Array.isArray(value)) return `[${value.map(toml).join(', ')}]`
  if (typeof value === 'object') return `{ ${Object.entries(value).map(([k, v]) => `${key(k)} = ${toml(v)}`).join(', ')} }`
  return typeof value === 'string' ? JSON.stringify(value) : String(value)
}
const key = (name: string) => (/^[A-Za-z0-9_-]+$/.test(name) ? name : JSON.stringify(name))

type Found = { node: AST.TOMLNode; pair?: AST.TOMLKeyValue; array?: AST.TOMLArray }

/** The node at a way, inline tables and `[tables]` alike. */
function find(text: string, at: Step[]): Found | undefined {
  const tree = parseTOML(text).body[0]
  const whole = read(text)
  let plain: Plain | undefined = whole
  const resolved: (string | number)[] = []
  for (const step of at) {
    const index = Array.isArray(plain) ? indexIn(plain, step) : undefined
    resolved.push(index ?? String(step))
    plain = down(plain, index ?? step)
  }
  if (plain === undefined) return undefined
  let best: Found | undefined
  const same = (a: (string | number)[]) => a.length === resolved.length && a.every((s, i) => String(s) === String(resolved[i]))
  const value = (node: AST.TOMLContentNode, way: (string | number)[], pair?: AST.TOMLKeyValue, array?: AST.TOMLArray) => {
    if (same(way)) best = { node, ...(pair ? { pair } : {}), ...(array ? { array } : {}) }
    if (node.type === 'TOMLInlineTable') node.body.forEach((p) => pairs(p, way))
    if (node.type === 'TOMLArray') node.elements.forEach((e, i) => value(e, [...way, i], undefined, node))
  }
  const pairs = (pair: AST.TOMLKeyValue, way: (string | number)[]) => value(pair.value, [...way, ...pair.key.keys.map((k) => (k.type === 'TOMLBare' ? k.name : k.value))], pair)
  for (const node of tree.body) {
    if (node.type === 'TOMLKeyValue') pairs(node, [])
    else {
      if (same(node.resolvedKey)) best ??= { node }
      node.body.forEach((p) => pairs(p, node.resolvedKey))
    }
  }
  return best
}

function cutLine(text: string, from: number, to: number): string {
  const end = text.indexOf('\n', to)
  const start = text.lastIndexOf('\n', from - 1) + 1
  const alone = text.slice(start, from).trim() === '' && /^\s*,?\s*(#.*)?$/.test(text.slice(to, end < 0 ? undefined : end))
  if (alone) return text.slice(0, start) + (end < 0 ? '' : text.slice(end + 1))
  return text.slice(0, from).replace(/,\s*$/, '') + text.slice(to).replace(/^\s*,(?=\s*\S)/, (m) => (text.slice(0, from).trimEnd().endsWith('{') ? '' : m))
}

function edited(text: string, { at, op, value }: Edit): string {
  const here = find(text, at)
  if (op === 'remove') return here ? cutLine(text, (here.pair ?? here.node).range[0], (here.pair ?? here.node).range[1]) : text
  const plain = value ?? ''
  if (op === 'set' && here && here.node.type !== 'TOMLTable') return text.slice(0, here.node.range[0]) + toml(plain) + text.slice(here.node.range[1])
  const last = at.at(-1)
  if (op === 'insert') {
    const list = typeof last === 'number' ? at.slice(0, -1) : at
    const found = find(text, list)
    if (found?.node.type === 'TOMLArray') {
      const before = typeof last === 'number' ? found.node.elements[last] : undefined
      const spot = before ? text.lastIndexOf('\n', before.range[0]) + 1 : text.lastIndexOf('\n', found.node.range[1] - 1) + 1
      return `${text.slice(0, spot)}  ${toml(plain)},\n${text.slice(spot)}`
    }
    const entries = Object.entries(plain as Record<string, Plain>)
    return `${text.replace(/\n*$/, '\n')}\n[[${list.map((s) => key(String(s))).join('.')}]]\n${entries.map(([k, v]) => `${key(k)} = ${toml(v)}\n`).join('')}`
  }
  return setNew(text, at, plain)
}

/** A setting that isn't written yet. */
function setNew(text: string, at: Step[], plain: Plain): string {
  const name = key(String(at.at(-1)))
  const table = find(text, at.slice(0, -1))
  if (table?.node.type === 'TOMLInlineTable') return `${text.slice(0, table.node.range[1] - 1).trimEnd()}, ${name} = ${toml(plain)} }${text.slice(table.node.range[1])}`
  if (table?.node.type === 'TOMLTable') {
    const end = table.node.body.at(-1)?.range[1] ?? table.node.range[1]
    return `${text.slice(0, end)}\n${name} = ${toml(plain)}${text.slice(end)}`
  }
  if (typeof plain === 'object' && !Array.isArray(plain)) {
    const lines = Object.entries(plain).map(([k, v]) => `${key(k)} = ${toml(v)}\n`)
    return `${text.replace(/\n*$/, '\n')}\n[${at.map((s) => key(String(s))).join('.')}]\n${lines.join('')}`
  }
  if (Array.isArray(plain) && typeof plain[0] === 'object') return plain.reduce<string>((all, row) => edited(all, { file: '', at, op: 'insert', value: row }), text)
  return at.length === 1 ? `${name} = ${toml(plain)}\n${text}` : `${text.replace(/\n*$/, '\n')}\n[${at.slice(0, -1).map((s) => key(String(s))).join('.')}]\n${name} = ${toml(plain)}\n`
}

export function apply(files: Files, edits: Edit[]): Files {
  const next = new Map(files)
  for (const edit of edits) next.set(edit.file, edited(next.get(edit.file) ?? '', edit))
  return next
}

/** One hunk around all that differs; enough to look at. */
export function diff(was: Files, now: Files): FileDiff[] {
  const found: FileDiff[] = []
  for (const file of new Set([...was.keys(), ...now.keys()])) {
    const a = (was.get(file) ?? '').split('\n')
    const b = (now.get(file) ?? '').split('\n')
    let head = 0
    while (head < a.length && head < b.length && a[head] === b[head]) head += 1
    if (head === a.length && head === b.length) continue
    let tail = 0
    while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail += 1
    const from = Math.max(0, head - 3)
    const before = a.slice(from, head).map((l) => ` ${l}`)
    const after = a.slice(a.length - tail, a.length - tail + 3).map((l) => ` ${l}`)
    const out = a.slice(head, a.length - tail).map((l) => `-${l}`)
    const into = b.slice(head, b.length - tail).map((l) => `+${l}`)
    const count = (part: string[]) => before.length + part.length + after.length
    found.push({ file, unified: [`--- ${file}`, `+++ ${file}`, `@@ -${from + 1},${count(out)} +${from + 1},${count(into)} @@`, ...before, ...out, ...into, ...after].join('\n') })
  }
  return found
}
