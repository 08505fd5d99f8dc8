-- What wrk sends: requests in turn, each with header lines of its own.
--   wrk … -s requests.lua URL -- REQUESTS HEADERS COUNT FROM SEED
-- REQUESTS: files, separated by commas, each one request as it is sent; `@@` stands for the header lines.
-- HEADERS:  the start of a bearer token, of which COUNT are used at random, numbered as workloads.ts does it; or
--           `@FILE`, a block of header lines each line (`\n` within for CRLF): at random, or in order from FROM where COUNT is 0.

local requests, blocks, prefix, count, position, turn = {}, nil, nil, 0, 0, 0

local function halves(path)
  local file = assert(io.open(path, 'rb'))
  local text = file:read('*a')
  file:close()
  local from, to = text:find('@@', 1, true)
  return { text:sub(1, from - 1), text:sub(to + 1) }
end

function init(args)
  for path in args[1]:gmatch('[^,]+') do requests[#requests + 1] = halves(path) end
  if args[2]:sub(1, 1) == '@' then
    blocks = {}
    for line in io.lines(args[2]:sub(2)) do blocks[#blocks + 1] = (line:gsub('\\n', '\r\n')) .. '\r\n' end
  else
    prefix = args[2]
  end
  count, position = tonumber(args[3]), tonumber(args[4])
  math.randomseed(tonumber(args[5]))
end

local function block()
  if prefix then return string.format('Authorization: Bearer %s%023d\r\n', prefix, math.random(count) - 1) end
  if count > 0 then return blocks[math.random(#blocks)] end
  position = position + 1
  return blocks[position]
end

function request()
  turn = turn + 1
  local parts = requests[(turn - 1) % #requests + 1]
  return parts[1] .. block() .. parts[2]
end

function done(summary)
  local errors = summary.errors
  local broken = errors.connect + errors.read + errors.write + errors.timeout
  io.write(string.format('@@ %d %d %d %d\n', summary.requests, summary.duration, errors.status, broken))
end
