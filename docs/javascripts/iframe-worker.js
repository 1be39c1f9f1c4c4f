// The search runs in a Worker. Browsers refuse a Worker to a page that was opened from disk, so there its script runs in
// a hidden frame instead, with the two functions that it needs: one to hear, one to answer.
if (location.protocol === "file:") {
  window.IFrameWorker = class extends EventTarget {
    constructor(url) {
      super()
      this.waiting = []
      this.frame = document.createElement("iframe")
      this.frame.hidden = true
      this.frame.srcdoc = "<!doctype html><title>Search</title>"
      this.frame.addEventListener("load", () => this.start(url), { once: true })
      document.documentElement.append(this.frame)
    }

    start(url) {
      const inside = this.frame.contentWindow
      inside.postMessage = data => this.dispatchEvent(new MessageEvent("message", { data }))
      const script = inside.document.createElement("script")
      script.src = url
      script.addEventListener("load", () => {
        const messages = this.waiting
        this.waiting = null
        for (const message of messages) this.postMessage(message)
      })
      inside.document.head.append(script)
    }

    postMessage(data) {
      if (this.waiting) this.waiting.push(data)
      else this.frame.contentWindow.dispatchEvent(new MessageEvent("message", { data }))
    }

    terminate() {
      this.frame.remove()
    }
  }
  window.Worker = window.IFrameWorker
}
