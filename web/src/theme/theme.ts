// Light or dark: by the system until the reader chooses, kept on this machine.
import { ref } from 'vue'

export type Theme = 'system' | 'light' | 'dark'
const KEY = 'hotline.theme'
const system = window.matchMedia('(prefers-color-scheme: dark)')

export const theme = ref<Theme>('system')
export const isDark = ref(false)

function stored(): Theme {
  const word = localStorage.getItem(KEY)
  return word === 'light' || word === 'dark' ? word : 'system'
}

function apply() {
  isDark.value = theme.value === 'dark' || (theme.value === 'system' && system.matches)
  document.documentElement.classList.toggle('dark', isDark.value)
}

export function startTheme() {
  theme.value = stored()
  apply()
  system.addEventListener('change', apply)
}

export function chooseTheme(next: Theme) {
  theme.value = next
  if (next === 'system') localStorage.removeItem(KEY)
  else localStorage.setItem(KEY, next)
  apply()
}
