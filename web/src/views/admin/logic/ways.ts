// Where a key of a menu leads: the words of menus.toml (`language en, queue en`) read and written.

export type GoKind = 'menu' | 'queue' | 'repeat' | 'back' | 'message' | 'tell_progress' | 'reach_desk'

/** A way: perhaps a change of language first, then where to. */
export interface Way {
  lang?: 'zh' | 'en'
  go: GoKind
  /** The menu or the skill. */
  name?: string
}

/** The keys of a telephone that a menu can have. */
export const KEYS = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '*'] as const

const PLAIN: GoKind[] = ['repeat', 'back', 'message', 'tell_progress', 'reach_desk']

/** Reads a way; undefined when it is none. */
export function readWay(text: string): Way | undefined {
  const comma = text.split(',')
  if (comma.length === 2) {
    const lang = /^language (zh|en)$/.exec(comma[0]?.trim() ?? '')?.[1]
    const then = readWay(comma[1]?.trim() ?? '')
    return then && !then.lang && (lang === 'zh' || lang === 'en') ? { lang, ...then } : undefined
  }
  const [go, name, ...more] = text.trim().split(/\s+/)
  if (more.length > 0) return undefined
  if ((go === 'menu' || go === 'queue') && name) return { go, name }
  const plain = PLAIN.find((word) => word === go)
  return plain && !name ? { go: plain } : undefined
}

/** Writes a way as menus.toml has it. */
export function writeWay(way: Way): string {
  const go = way.name ? `${way.go} ${way.name}` : way.go
  return way.lang ? `language ${way.lang}, ${go}` : go
}

/** Which ways make sense: some only after certain digits were keyed (`then`), never behind a single key. */
export function waysFor(then: string | undefined): GoKind[] {
  const always: GoKind[] = ['menu', 'queue', 'repeat', 'back', 'message']
  if (then === 'case' || then === 'query_code') return [...always, 'tell_progress']
  return then === 'desk' ? [...always, 'reach_desk'] : always
}
