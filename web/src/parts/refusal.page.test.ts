// A refusal is told, also when its form was closed before it came.
import { ElMessage } from 'element-plus'
import { beforeEach, expect, test, vi } from 'vitest'
import { get } from '@/api/client'
import { house } from '@/testing/house'
import { mount } from '@/testing/mount'
import FormModal from './FormModal.vue'

const told = vi.mocked(ElMessage)
beforeEach(() => void told.mockReset())
const no = { code: 'no', title: 'no', detail: 'somebody else did it' }
async function form() {
  const asked = house()
  const page = await mount(FormModal, { props: { title: 'form', yes: 'do', work: () => get('/order') } })
  await page.submit()
  return { page, asked }
}

test('beside the form while it is open', async () => {
  const { page, asked } = await form()
  await asked[0]!.answer(no, 409)
  expect(page.text()).toContain('somebody else did it')
  expect(told).not.toHaveBeenCalled()
})

test('at the edge of the page when it was closed', async () => {
  const { page, asked } = await form()
  page.unmount()
  await asked[0]!.answer(no, 409)
  expect(told).toHaveBeenCalledWith(expect.objectContaining({ type: 'error', message: 'somebody else did it' }))
})
