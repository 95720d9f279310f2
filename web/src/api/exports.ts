// Tables to take away, as CSV or XLSX; each is noted in the audit.
import { send } from './client'

export const TABLES = ['calls', 'cases', 'handovers', 'callbacks', 'followups'] as const
export type Table = (typeof TABLES)[number]
export type TableKind = 'csv' | 'xlsx'

export async function table(what: Table, kind: TableKind, query: { from?: number; to?: number }): Promise<Blob> {
  return (await send('GET', `/exports/${what}.${kind}`, { query })).blob()
}
