"""What a user writes, with the types that he counts on: read by type checkers, never run."""

from collections.abc import Sequence

import numpy as np

import autograd
import nn
from autograd import Value, compile, dot, draw, grad, gradcheck, hessian, jacobian, mean, no_grad, value_and_grad, walk
from autograd import abs as size
from autograd import max as largest
from autograd import min as least
from autograd import pow as power
from autograd import sum as total

x, y = Value(2.0, label="x"), Value(3)
z: Value = x * y + 1 - y / x + 2.0**x + (-x) ** 2 + abs(x) - 1.0 / x
z.backward()
number: float = z.data
slope: float = x.grad
averaged: Value = mean([x, 1.0])
plain: float = mean([1.0, 2.0])
inner: Value = dot([1.0, 2.0], [x, x])
other: Value = dot([x, 1.0], [2.0, y], bias=1.0)
summed: Value = total([x, y, 1.0])
top: Value = largest(x, 1.0)
bottom: Value = least([x, 1.0, y])
raised: Value = power(x, 2.0)
absolute: Value = size(x)
is_larger: bool = x > 1.0
shares: list[Value] = autograd.softmax([x, 1.0])
entropy: Value = autograd.cross_entropy([x, y, 0.0], 1)
called: Value = x.tanh() + x.exp() + x.relu() + autograd.sqrt(y)
spread = np.exp(x)


third = grad(grad(lambda x: x**3))(2.0)
mixed = value_and_grad(lambda a, b: a * b, argnums=(0, 1))(2.0, 3.0)
bent = hessian(lambda v: total([u * u for u in v]))([1.0])
steep = jacobian(lambda u: [u, u * u])(1.0)
along = autograd.hvp(lambda u: u * u)(1.0, 1.0)
quick = compile(lambda a, b, c: a * b + c)
print(gradcheck(lambda u: u * u, 3.0))
cube = autograd.operation("cube", lambda m, u: u * u * u, [lambda m, u, out: 3.0 * u * u])


def product(v: Sequence[Value]) -> Value:
    return v[0] * v[1]


slopes = grad(product)([1.0, 2.0])
both = value_and_grad(product)([1.0, 2.0])
rows = jacobian(product)([1.0, 2.0])
curvature = hessian(product)([1.0, 2.0])
compiled = compile(product)
result = compiled([1.0, 2.0])
value, gradient = compiled.value_and_grad(np.ones((3, 2)))
text: str = compiled.source("c")
with no_grad():
    constant = x * y
print(gradcheck(product, [1.0, 2.0]))
walk(z).save("o.html")
draw(z)

model = nn.MLP(2, [4, 1], activation="tanh")
adam = nn.Adam(model.parameters(), lr=0.1)
history = nn.fit(model, [[0.0, 1.0]], [1.0], loss=nn.mse, optimizer=adam, epochs=2, clip_norm=1.0, compile=False)
last: float = history.loss[-1]
predicted = nn.predict(model, np.zeros((1, 2)))
share: float = nn.accuracy(model, [[0.0, 1.0]], [1.0], loss=nn.hinge)
loss = nn.bce_with_logits(model([1.0, 2.0]), 1.0)
loss.backward()
norm: float = nn.clip_grad_norm_(model.parameters(), 1.0)
adam.step()
adam.zero_grad()
for layer in model.layers:
    print(layer.parameters()[0].data)
model.save("m.json")
