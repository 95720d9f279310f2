// What went wrong, in words of the reader's language: the house's own where it spoke.
import { Problem } from '@/api/problem'
import { i18n } from '@/i18n'

export function explain(error: unknown): string {
  const t = i18n.global.t
  if (!(error instanceof Problem)) return error instanceof Error && error.message ? error.message : t('app.failed')
  if (error.code === 'unreachable') return t('app.unreachable')
  return error.detail || error.title || t('app.refused', { code: error.code })
}
