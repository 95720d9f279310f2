// Short words at the edge of the page: done, or refused and why.
import { ElMessage } from 'element-plus'
import { explain } from './explain'

export const told = (text: string) => ElMessage({ type: 'success', message: text, duration: 3_000, grouping: true })
export const failed = (error: unknown) => ElMessage({ type: 'error', message: explain(error), duration: 7_000, showClose: true, grouping: true })

/** Does something and tells when it was refused; answers whether it was done. */
export async function attempt(what: () => Promise<unknown>, done?: string): Promise<boolean> {
  try {
    await what()
    if (done) told(done)
    return true
  } catch (error) {
    failed(error)
    return false
  }
}
