// The doors of the house while its first administrator is being made elsewhere.
import { expect, test } from 'vitest'
import { h } from 'vue'
import { useRoute } from 'vue-router'
import { house } from '@/testing/house'
import { mount } from '@/testing/mount'
import Login from './Login.vue'
import Setup from '../setup/Setup.vue'

const doors = {
  setup() {
    const route = useRoute()
    return () => (route.path === '/setup' ? h(Setup) : route.path === '/login' ? h(Login) : h('p', 'elsewhere'))
  },
}
const needed = { needed: true, trial: false }
const made = { needed: false, trial: false }

test('who is sent to the first set-up just when it was done on the command line signs in', async () => {
  const asked = house()
  const page = await mount(doors, { path: '/login', at: '/login' })
  await asked[0]!.answer(needed)
  expect(page.says('setup.token')).toBe(true)
  await asked[1]!.answer(made)
  await asked[2]!.answer(made)
  expect(page.says('login.user')).toBe(true)
  expect(page.says('setup.done')).toBe(false)
})

test('who has gone on from the door is not called back to the first set-up', async () => {
  const asked = house()
  const page = await mount(doors, { path: '/login', at: '/login' })
  await page.go('/desk')
  await asked[0]!.answer(needed)
  expect(page.text()).toContain('elsewhere')
})
