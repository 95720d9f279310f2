// The menus as a graph: nodes (menus, queues, desks, message, progress), edges (keys), and a layout that needs no hand.
import type { Menus } from '@/api/model'
import { readWay, type Way } from './ways'

export type NodeKind = 'menu' | 'queue' | 'desk' | 'message' | 'progress' | 'unknown'

export interface GraphNode {
  id: string
  kind: NodeKind
  /** The menu or the skill. */
  name: string
  /** The menu where a call begins. */
  root: boolean
  x: number
  y: number
}

/** Which setting of the menu an edge stands for. */
export type Slot = { at: 'key' | 'instead'; key: string } | { at: 'then' | 'nothing' | 'invalid' }

export interface GraphEdge {
  id: string
  menu: string
  source: string
  target: string
  slot: Slot
  way: Way
}

export interface Graph {
  nodes: GraphNode[]
  edges: GraphEdge[]
}

/** Distance of columns and rows, px. */
const COLUMN = 330
const ROW = 108
/** Rows by which menus behind the first stand lower. */
const LOWER = 2

const id = (kind: NodeKind, name = '') => (name ? `${kind}:${name}` : kind)

/** The node that a way leads to; nothing for repeat and back, which stay where they are. */
export function target(way: Way, menus: Menus): { kind: NodeKind; name: string } | undefined {
  switch (way.go) {
    case 'menu':
      return { kind: menus.menu && way.name && Object.hasOwn(menus.menu, way.name) ? 'menu' : 'unknown', name: way.name ?? '' }
    case 'queue':
      return { kind: 'queue', name: way.name ?? '' }
    case 'reach_desk':
      return { kind: 'desk', name: '' }
    case 'tell_progress':
      return { kind: 'progress', name: '' }
    case 'message':
      return { kind: 'message', name: '' }
    case 'repeat':
    case 'back':
      return undefined
  }
}

/** All ways out of a menu with the setting that each stands in. */
export function waysOut(menus: Menus, name: string): { slot: Slot; text: string }[] {
  const menu = menus.menu?.[name]
  if (!menu) return []
  const out: { slot: Slot; text: string }[] = []
  for (const [key, text] of Object.entries(menu.keys ?? {})) out.push({ slot: { at: 'key', key }, text })
  if (menu.digits?.then) out.push({ slot: { at: 'then' }, text: menu.digits.then })
  for (const [key, text] of Object.entries(menu.digits?.instead ?? {})) out.push({ slot: { at: 'instead', key }, text })
  if (menu.nothing) out.push({ slot: { at: 'nothing' }, text: menu.nothing })
  if (menu.invalid) out.push({ slot: { at: 'invalid' }, text: menu.invalid })
  return out
}

/** The way of a slot inside menus.toml. */
export function slotPath(menu: string, slot: Slot): string[] {
  const base = ['menu', menu]
  switch (slot.at) {
    case 'key':
      return [...base, 'keys', slot.key]
    case 'instead':
      return [...base, 'digits', 'instead', slot.key]
    case 'then':
      return [...base, 'digits', 'then']
    case 'nothing':
    case 'invalid':
      return [...base, slot.at]
  }
}

/** Nodes and edges of the menus, menus in columns by their distance from the root, ends to the right. `skills` and the
 *  message are there even when nothing leads to them yet: so that an edge can be drawn. */
export function graph(menus: Menus, skills: string[] = []): Graph {
  const edges: GraphEdge[] = []
  const ends = new Map<string, { kind: NodeKind; name: string }>()
  for (const name of skills) ends.set(id('queue', name), { kind: 'queue', name })
  if (skills.length > 0) ends.set('message', { kind: 'message', name: '' })
  const names = Object.keys(menus.menu ?? {})
  for (const menu of names) {
    for (const { slot, text } of waysOut(menus, menu)) {
      const way = readWay(text)
      const to = way && target(way, menus)
      if (!way || !to) continue
      if (to.kind !== 'menu') ends.set(id(to.kind, to.name), to)
      const at = 'key' in slot ? `${slot.at}-${slot.key}` : slot.at
      edges.push({ id: `${menu}/${at}`, menu, source: id('menu', menu), target: id(to.kind, to.name), slot, way })
    }
  }
  const depth = depths(names, menus.root ?? '', edges)
  const last = Math.max(0, ...depth.values()) + 1
  const rows = new Map<number, number>()
  // Menus behind the first stand lower, so that ways from the first to the ends pass above them and not behind.
  const place = (column: number) => {
    const row = rows.get(column) ?? (column > 0 && column < last ? LOWER : 0)
    rows.set(column, row + 1)
    return { x: column * COLUMN, y: row * ROW }
  }
  const nodes: GraphNode[] = names.map((name) => ({ id: id('menu', name), kind: 'menu', name, root: name === menus.root, ...place(depth.get(name) ?? last - 1) }))
  for (const [key, { kind, name }] of ends) nodes.push({ id: key, kind, name, root: false, ...place(last) })
  return { nodes, edges }
}

/** How many keys each menu is from the root; what no key reaches stands one behind the farthest. */
function depths(names: string[], root: string, edges: GraphEdge[]): Map<string, number> {
  const depth = new Map<string, number>()
  let front = names.includes(root) ? [root] : []
  for (let at = 0; front.length > 0; at += 1) {
    for (const name of front) depth.set(name, at)
    const next = edges.filter((e) => front.includes(e.menu) && e.target.startsWith('menu:')).map((e) => e.target.slice(5))
    front = [...new Set(next)].filter((name) => !depth.has(name))
  }
  const behind = Math.max(-1, ...depth.values()) + 1
  for (const name of names) if (!depth.has(name)) depth.set(name, behind)
  return depth
}

/** Edges between the same two nodes as one line: their keys stand together on it. */
export function bundles(edges: GraphEdge[]): { id: string; source: string; target: string; edges: GraphEdge[] }[] {
  const found = new Map<string, GraphEdge[]>()
  for (const edge of edges) {
    const key = `${edge.source}>${edge.target}`
    found.set(key, [...(found.get(key) ?? []), edge])
  }
  return [...found].map(([key, list]) => ({ id: key, source: list[0]?.source ?? '', target: list[0]?.target ?? '', edges: list }))
}
