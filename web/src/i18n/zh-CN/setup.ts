// First start.
export default {
  title: '首次启动',
  intro: '创建第一个管理员。一次性令牌在首次启动时显示在终端，也保存在数据目录的 setup-token 文件里。',
  token: '一次性令牌',
  name: '姓名',
  go: '创建管理员',
  done: '管理员已经创建，请直接登录。',
}
