/** The smallest honest gateway: Fastify, a pool, one statement a request. Its input is its life; it prints its port. */
import process from 'node:process';
import fastify from 'fastify';
import pg from 'pg';

const pool = new pg.Pool({ connectionString: process.argv[2], max: 10 });
await pool.query('create table tasks (task_id uuid primary key, body jsonb not null)');
const app = fastify();

app.get<{ Params: { id: string } }>('/v1/tasks/:id', async ({ params }) => {
  const { rows } = await pool.query<{ body: object }>({
    name: 'read',
    text: 'select body from tasks where task_id = $1',
    values: [params.id],
  });
  return rows[0]?.body;
});

app.post<{ Body: { task_id: string } }>('/v1/tasks', async ({ body }, reply) => {
  await pool.query({
    name: 'create',
    text: 'insert into tasks (task_id, body) values ($1, $2)',
    values: [body.task_id, body],
  });
  return reply.code(201).send(body);
});

const address = new URL(await app.listen({ host: '127.0.0.1', port: 0 }));
process.stdout.write(`${address.port}\n`);
process.stdin.resume();
process.stdin.on('end', () => {
  void Promise.all([app.close(), pool.end()]);
});
