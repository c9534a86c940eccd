-- What wrk sends: the deliveries of a file, one after the other, and again from the first.
-- Each line of it is a Stripe-Signature, a tab, and a body.

local deliveries = {}
local turn = 0

function init(args)
  for line in io.lines(args[1]) do
    local tab = line:find("\t", 1, true)
    local headers = {
      ["Content-Type"] = "application/json; charset=utf-8",
      ["User-Agent"] = "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
      ["Stripe-Signature"] = line:sub(1, tab - 1),
    }
    deliveries[#deliveries + 1] = wrk.format("POST", nil, headers, line:sub(tab + 1))
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
