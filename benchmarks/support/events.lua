-- Sends new events over every connection: wrk -s events.lua URL -- KEY SOURCE PREFIX EVENTS_A_REQUEST
local threads = {}

function setup(thread)
  thread:set("name", #threads)
  table.insert(threads, thread)
end

function init(arguments)
  key, source, prefix, many = arguments[1], arguments[2], arguments[3], tonumber(arguments[4])
  sent, refused = 0, 0
  headers = {
    ["Authorization"] = "Bearer " .. key,
    ["Content-Type"] = many > 1 and "application/cloudevents-batch+json" or "application/cloudevents+json",
  }
end

local function event()
  sent = sent + 1
  return string.format(
    '{"specversion":"1.0","id":"%s-%d-%d","source":"%s","type":"reading","subject":"sensor-%d",' ..
    '"time":"2026-05-01T08:00:00.000+08:00","data":{"quantity":"temperature","value":%d.5,"unit":"C",' ..
    '"lat":30.3,"lon":120.15}}',
    prefix, name, sent, source, sent % 500, sent % 40)
end

function request()
  if many == 1 then
    return wrk.format("POST", nil, headers, event())
  end
  local batch = {}
  for index = 1, many do
    batch[index] = event()
  end
  return wrk.format("POST", nil, headers, "[" .. table.concat(batch, ",") .. "]")
end

function response(status)
  if status ~= 202 then
    refused = refused + 1
  end
end

function done(summary, latency)
  local bad = 0
  for _, thread in ipairs(threads) do
    bad = bad + thread:get("refused")
  end
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"seconds":%f,"refused":%d,"broken":%d,"p50":%f,"p95":%f,"p99":%f,"max":%f}\n',
    summary.requests, summary.duration / 1e6, bad, errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50) / 1e6, latency:percentile(95) / 1e6, latency:percentile(99) / 1e6, latency.max / 1e6))
end
