// A unified difference as rows with their line numbers.

export interface DiffLine {
  kind: 'same' | 'add' | 'remove' | 'gap'
  text: string
  /** Line numbers before and after, from 1. */
  was?: number
  now?: number
}

/** Reads `diff -u`; heads of files and what is no difference are left out, hunks are parted by a gap. */
export function readUnified(unified: string): DiffLine[] {
  const lines: DiffLine[] = []
  let was = 0
  let now = 0
  let within = false
  for (const line of unified.replace(/\n$/, '').split('\n')) {
    const head = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@/.exec(line)
    if (head) {
      if (within) lines.push({ kind: 'gap', text: '' })
      was = Number(head[1])
      now = Number(head[2])
      within = true
    } else if (!within || line.startsWith('\\')) {
      continue
    } else if (line.startsWith('+')) {
      lines.push({ kind: 'add', text: line.slice(1), now })
      now += 1
    } else if (line.startsWith('-')) {
      lines.push({ kind: 'remove', text: line.slice(1), was })
      was += 1
    } else {
      lines.push({ kind: 'same', text: line.slice(1), was, now })
      was += 1
      now += 1
    }
  }
  return lines
}
