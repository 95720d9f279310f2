// Language: zh-CN by default, English; the texts of a language are one chunk, one file a view.
import { watch } from 'vue'
import { createI18n } from 'vue-i18n'
import { zone } from '@/live/zone'
import zh from './zh-CN'

export type Lang = 'zh-CN' | 'en'
type Texts = Record<string, string>
const KEY = 'hotline.lang'

export const i18n = createI18n({
  legacy: false,
  locale: 'zh-CN' as string,
  fallbackLocale: 'zh-CN',
  messages: { 'zh-CN': zh } as unknown as Record<string, Texts>,
  datetimeFormats: formats(),
  missingWarn: import.meta.env.DEV,
})

function formats() {
  const timeZone = zone.value
  const of = {
    time: { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
    seconds: { timeZone, hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' },
    day: { timeZone, month: 'short', day: 'numeric' },
    date: { timeZone, year: 'numeric', month: 'short', day: 'numeric' },
    month: { timeZone, year: 'numeric', month: 'long' },
    short: { timeZone, month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
    long: { timeZone, year: 'numeric', month: 'long', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  } as const
  return { 'zh-CN': of, en: of }
}

watch(zone, () => {
  const all = formats()
  for (const name of ['zh-CN', 'en'] as const) i18n.global.setDateTimeFormat(name, all[name])
}, { flush: 'sync' })

/** The language that is shown now. */
export function lang(): Lang {
  return i18n.global.locale.value === 'en' ? 'en' : 'zh-CN'
}

/** Shows a language and keeps the choice on this machine. */
export async function chooseLanguage(next: Lang) {
  if (next === 'en' && !i18n.global.availableLocales.includes('en')) {
    const texts = await import('./en')
    i18n.global.setLocaleMessage('en', texts.default as unknown as Texts)
  }
  i18n.global.locale.value = next
  document.documentElement.lang = next
  document.title = i18n.global.t('app.title')
  localStorage.setItem(KEY, next)
}

export async function startLanguage() {
  await chooseLanguage(localStorage.getItem(KEY) === 'en' ? 'en' : 'zh-CN')
}

/** Picks the words of the shown language from a pair that the server sent. */
export function say(pair: { zh: string; en: string } | null | undefined): string {
  if (!pair) return ''
  return lang() === 'en' ? pair.en : pair.zh
}
