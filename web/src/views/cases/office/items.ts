// Whose matters stand in the ledger, and case numbers as they are typed.
import type { LedgerItem } from '@/api/ledger'

/** Each owner once, by name. */
export function ownersOf(items: LedgerItem[]): { code: string; name: string }[] {
  const names = new Map(items.map((item) => [item.owner, item.owner_name || item.owner]))
  return [...names].map(([code, name]) => ({ code, name })).sort((a, b) => a.name.localeCompare(b.name, 'zh-CN'))
}

/** Twelve digits of a case number, however it was typed; nothing when it is none. */
export function typedCase(text: string): string | null {
  const digits = text.replaceAll(/[\s-]/g, '')
  return /^\d{12}$/.test(digits) ? digits : null
}
