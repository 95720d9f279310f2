// What menus and skills are called: a menu by what it says, a skill by the words of the shipped ones.
import { defineStore } from 'pinia'
import { ref } from 'vue'
import { prompts } from '@/api/prompts'
import { i18n, say } from '@/i18n'
import type { Menus } from '@/api/model'
import { useDraft } from './draft'

/** Characters of a menu's text in a list. */
const SHORT = 7

export const useNames = defineStore('admin-names', () => {
  const texts = ref(new Map<string, { zh: string; en: string }>())
  const draft = useDraft()
  const { t, te } = i18n.global
  let asked = false

  /** Reads what the prompts say, once; without it the files' own names are shown. */
  async function load() {
    if (asked) return
    asked = true
    try {
      texts.value = new Map((await prompts()).prompts.map((p) => [p.id, { zh: p.zh, en: p.en }]))
    } catch {
      asked = false
    }
  }

  const promptText = (id: string) => say(texts.value.get(id))
  /** All that a menu says, in the reader's language. */
  function menuText(name: string, menus: Menus = draft.model?.menus ?? {}): string {
    return (menus.menu?.[name]?.say ?? []).map(promptText).filter(Boolean).join(' ')
  }
  /** For a list: the beginning of what it says, and its name in the file. */
  function menuLabel(name: string): string {
    const text = menuText(name)
    const short = text.length > SHORT ? `${text.slice(0, SHORT)}…` : text
    return short ? `${name} · ${short}` : name
  }
  const skillName = (name: string) => (te(`admin.skill.${name}`, 'zh-CN') ? `${t(`admin.skill.${name}`)} (${name})` : name)
  const withSkill = (name: string) => (draft.model?.operators.operator ?? []).filter((o) => o.skills?.includes(name)).length

  return { load, promptText, menuText, menuLabel, skillName, withSkill }
})
