// Which setting a fault belongs to: from line and column of a TOML file to the way inside it, and back to a line.
import { parseTOML, type AST } from 'toml-eslint-parser'
import { nameOf, type Path, type Step } from './path'

/** One setting or row of a file and the lines that it covers, from 1. */
export interface Located {
  at: Path
  from: number
  to: number
  /** Columns of its first and last line, from 1; the end is past the last character. */
  column: number
  end: number
}

/** All settings and rows of the file, outer ones before inner ones; none when it isn't TOML. */
export function locate(text: string): Located[] {
  try {
    const found: Located[] = []
    const body = parseTOML(text).body[0].body
    for (const node of body) {
      if (node.type === 'TOMLKeyValue') pair(node, [], found)
      else table(node, body, found)
    }
    return found
  } catch {
    return []
  }
}

/** The innermost setting at this place; on a line with several and no column, the row. */
export function settingAt(found: Located[], line: number, column?: number): Path | undefined {
  const here = found.filter((l) => l.from <= line && line <= l.to)
  if (column !== undefined) {
    const within = here.filter((l) => (line > l.from || column >= l.column) && (line < l.to || column < l.end))
    return within.at(-1)?.at
  }
  const begun = here.filter((l) => l.from === line)
  const leaves = begun.filter((l) => !begun.some((other) => other !== l && starts(other.at, l.at)))
  return leaves.length === 1 ? leaves[0]?.at : (begun[0] ?? here.at(-1))?.at
}

/** The line where a setting stands; undefined when it isn't written. */
export function lineOf(found: Located[], at: Path): number | undefined {
  return found.find((l) => l.at.length === at.length && starts(l.at, at))?.from
}

/** Whether the way `long` begins with `short`. */
export function starts(long: Path, short: Path): boolean {
  return short.length <= long.length && short.every((step, i) => equal(step, long[i]))
}

function equal(a: Step, b: Step | undefined): boolean {
  return typeof a === 'object' && typeof b === 'object' ? JSON.stringify(a) === JSON.stringify(b) : a === b
}

function add(node: { loc: AST.SourceLocation }, at: Path, found: Located[]) {
  const { start, end } = node.loc
  found.push({ at, from: start.line, to: end.line, column: start.column + 1, end: end.column + 1 })
}

function keys(key: AST.TOMLKey): string[] {
  return key.keys.map((k) => (k.type === 'TOMLBare' ? k.name : k.value))
}

function pair(node: AST.TOMLKeyValue, above: Path, found: Located[]) {
  const at = [...above, ...keys(node.key)]
  add(node, at, found)
  value(node.value, at, found)
}

function value(node: AST.TOMLContentNode, at: Path, found: Located[]) {
  if (node.type === 'TOMLInlineTable') {
    for (const inner of node.body) pair(inner, at, found)
  } else if (node.type === 'TOMLArray') {
    node.elements.forEach((element, index) => {
      if (element.type !== 'TOMLInlineTable') return
      const row = [...at, step(at, element.body, index)]
      add(element, row, found)
      value(element, row, found)
    })
  }
}

/** `[menu.root.keys]` and `[[trunk]]`; a list's element is named as edits name it. */
function table(node: AST.TOMLTable, body: AST.TOMLTopLevelTable['body'], found: Located[]) {
  const at: Path = []
  const resolved = node.resolvedKey
  resolved.forEach((key, i) => {
    const head = resolved.slice(0, i + 1)
    if (typeof key === 'string') at.push(key)
    else at.push(step(at, headed(body, head), key))
  })
  add(node, at, found)
  for (const inner of node.body) pair(inner, at, found)
}

/** The pairs under the header of this list's element. */
function headed(body: AST.TOMLTopLevelTable['body'], head: (string | number)[]): AST.TOMLTable['body'] {
  for (const node of body) if (node.type === 'TOMLTable' && equalKeys(node.resolvedKey, head)) return node.body
  return []
}

function equalKeys(a: (string | number)[], b: (string | number)[]): boolean {
  return a.length === b.length && a.every((key, i) => key === b[i])
}

/** How the element of a list is named: by its own name where lists of this kind have one, else by its index. */
function step(list: Path, body: AST.TOMLTable['body'], index: number): Step {
  const last = list.at(-1)
  const name = typeof last === 'string' ? nameOf(last) : undefined
  const own = body.find((p) => p.type === 'TOMLKeyValue' && keys(p.key).join('.') === name)
  const text = own && own.value.type === 'TOMLValue' ? own.value.value : undefined
  return name && typeof text === 'string' ? { [name]: text } : index
}

/** One line such as `dtmf = "info"` as key and value; undefined when it is nothing of the kind. */
export function lineValue(line: string): { key: string; value: string | number | boolean | string[] } | undefined {
  try {
    const node = parseTOML(line).body[0].body[0]
    if (!node || node.type !== 'TOMLKeyValue') return undefined
    const plain = scalar(node.value)
    return plain === undefined ? undefined : { key: keys(node.key).join('.'), value: plain }
  } catch {
    return undefined
  }
}

function scalar(node: AST.TOMLContentNode): string | number | boolean | string[] | undefined {
  if (node.type === 'TOMLArray') {
    const all = node.elements.map(scalar)
    return all.every((v) => typeof v === 'string') ? all : undefined
  }
  if (node.type !== 'TOMLValue') return undefined
  const { value: v } = node
  return typeof v === 'string' || typeof v === 'number' || typeof v === 'boolean' ? v : undefined
}
