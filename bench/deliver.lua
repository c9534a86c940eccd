-- What wrk sends: the deliveries of a file, one after the other, and again from the first.
-- Each of them is a Stripe-Signature, a tab, a body, and a form feed.

local deliveries = {}
local turn = 0

function init(args)
  for signature, body in io.open(args[1]):read("*a"):gmatch("([^\t]+)\t([^\f]+)\f") do
    local headers = {
      ["Content-Type"] = "application/json; charset=utf-8",
      ["User-Agent"] = "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
      ["Stripe-Signature"] = signature,
    }
    deliveries[#deliveries + 1] = wrk.format("POST", nil, headers, body)
  end
end

function request()
  turn = turn % #deliveries + 1
  return deliveries[turn]
end

function done(summary, latency, requests)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format(
    '{"seconds": %f, "requests": %d, "failed": %d, "p50_ms": %f, "p99_ms": %f}\n',
    summary.duration / 1e6, summary.requests, failed,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
