// What citizens hear: the list, the sounds, and own recordings in their place.
import { ask, get, send } from './client'

export type PromptLang = 'zh-CN' | 'en'

export interface PromptFile {
  ms: number
  missing: boolean
  /** Where the sound comes from: shipped with the program, uploaded, spoken by the command. */
  source: string
}

export interface Prompt {
  id: string
  zh: string
  en: string
  slots: string[]
  files: Partial<Record<PromptLang, PromptFile>>
}

/** What was taken: its length, and what a listener would complain about. */
export interface Taken {
  ms: number
  warnings: { zh: string; en: string }[]
}

export interface Prompts {
  prompts: Prompt[]
  /** A command of the server can speak texts. */
  tts: boolean
}

const path = (lang: PromptLang, id: string) => `/prompts/${lang}/${encodeURIComponent(id)}`

export const prompts = (signal?: AbortSignal) => get<Prompts>('/prompts', {}, signal)
export const promptSound = async (lang: PromptLang, id: string) => (await send('GET', `${path(lang, id)}/sound`)).arrayBuffer()
export const putPrompt = (lang: PromptLang, id: string, wav: Blob) => ask<Taken | undefined>('PUT', `${path(lang, id)}/sound`, { raw: { type: 'audio/wav', data: wav } })
export const shippedPrompt = (lang: PromptLang, id: string) => ask<void>('DELETE', `${path(lang, id)}/sound`)
export const speakPrompt = (lang: PromptLang, id: string, text?: string) => ask<Taken | undefined>('POST', `${path(lang, id)}/speak`, { body: text ? { text } : {} })
