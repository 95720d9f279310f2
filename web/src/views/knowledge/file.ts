// Files to import: their kind by their name, their characters by their bytes.

/** The type by the file's name; undefined when it is none that can be read. */
export function importType(name: string): string | undefined {
  if (/\.csv$/i.test(name)) return 'text/csv'
  if (/\.tsv$/i.test(name)) return 'text/tab-separated-values'
  if (/\.json$/i.test(name)) return 'application/json'
  return /\.(md|markdown)$/i.test(name) ? 'text/markdown' : undefined
}

/** Excel in China writes GB18030: what is no UTF-8 is that. */
export function charsetOf(bytes: ArrayBuffer): 'utf-8' | 'gb18030' {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return 'utf-8'
  } catch {
    return 'gb18030'
  }
}
