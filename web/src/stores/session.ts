// Who sits here: the session and what its role may open.
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { whenSignedOut } from '@/api/client'
import { Problem } from '@/api/problem'
import * as api from '@/api/session'
import type { Role, Session } from '@/api/session'
import { setZone } from '@/live/zone'

export const useSession = defineStore('session', () => {
  const me = ref<Session | null>(null)
  const asked = ref(false)
  /** Set when the house ended the session (idle, or signed out elsewhere). */
  const ended = ref(false)
  const role = computed<Role | null>(() => me.value?.role ?? null)

  whenSignedOut(() => {
    if (me.value) ended.value = true
    me.value = null
  })

  /** Asks the house once who is signed in. */
  async function load() {
    if (asked.value) return
    try {
      take(await api.session())
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      me.value = null
    }
    asked.value = true
  }

  function take(session: Session) {
    me.value = session
    setZone(session.zone)
    asked.value = true
    ended.value = false
  }

  async function signIn(user: string, password: string, code?: string) {
    take(await api.signIn(user, password, code))
  }

  async function signOut() {
    try {
      await api.signOut()
    } finally {
      me.value = null
      ended.value = false
    }
  }

  return { me, role, ended, load, take, signIn, signOut }
})
