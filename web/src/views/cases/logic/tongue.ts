// What words are made with in these views: the language, moments, and units by their codes.
import { useI18n } from 'vue-i18n'
import { useUnits } from './units'
import type { Tongue } from './said'

export function useTongue(): Tongue {
  const { t, te, d } = useI18n()
  const units = useUnits()
  return { t: (key, slots) => t(key, slots ?? {}), te: (key) => te(key), at: (ms) => d(ms, 'short'), unit: (code) => units.name(code) }
}
