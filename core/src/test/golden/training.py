"""Losses, optimizers and learning-rate schedules as PyTorch computes them."""

import numpy as np
import torch
import torch.nn.functional as F

from cases import Book, pick, rng
from layers import values


def backward(f, x):
    """Loss and gradient in double."""
    t = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    loss = f(t)
    loss.backward()
    return loss.detach().numpy().reshape(1), t.grad.numpy()


def double(a):
    return torch.tensor(a, dtype=torch.float64)


def losses():
    book = Book("loss")
    for (rows, classes), smoothing, weighted, scale in pick("ce", None, [(1, 2), (4, 3), (5, 10), (8, 7)], [0.0, 0.1, 0.3], [False, True], [2, 40]):
        r = rng("ce", rows, classes)
        labels = r.integers(0, classes, rows)
        weights = (r.integers(1, 9, classes) / 4).astype(np.float32) if weighted else None
        x = values((rows, classes), "logits", scale=scale)
        loss, dx = backward(lambda t: F.cross_entropy(t, torch.tensor(labels), None if weights is None else double(weights), label_smoothing=smoothing), x)
        words = {"op": "cross-entropy", "profile": "PYTORCH", "smoothing": smoothing, "weighted": weighted}
        book.case(f"cross-entropy-{rows}x{classes}-{smoothing}-{'weighted' if weighted else 'plain'}-{scale}", words, dict(x=x, labels=labels, weights=weights, loss=loss, dx=dx))
    for shape, smoothing, weighted in pick("ce shares", None, [(3, 4), (2, 3, 2), (2, 5, 2, 3)], [0.0, 0.2], [False, True]):
        # Targets that are shares of classes, and a class for each position.
        r = rng("shares", shape)
        weights = (r.integers(1, 9, shape[1]) / 4).astype(np.float32) if weighted else None
        more = {} if weights is None else {"weight": double(weights)}
        x, shares = values(shape, "logits", scale=2), np.float32(r.integers(0, 5, shape) / 4)
        labels = r.integers(0, shape[1], shape[:1] + shape[2:])
        words = {"op": "cross-entropy", "profile": "PYTORCH", "smoothing": smoothing, "weighted": weighted}
        name = "x".join(map(str, shape)) + f"-{smoothing}-{'weighted' if weighted else 'plain'}"
        loss, dx = backward(lambda t: F.cross_entropy(t, double(shares), label_smoothing=smoothing, **more), x)
        book.case(f"cross-entropy-shares-{name}", words, dict(x=x, target=shares, weights=weights, loss=loss, dx=dx))
        loss, dx = backward(lambda t: F.cross_entropy(t, torch.tensor(labels), label_smoothing=smoothing, **more), x)
        book.case(f"cross-entropy-positions-{name}", words, dict(x=x, labels=labels, weights=weights, loss=loss, dx=dx))
    for shape, scale in [((1, 1), 1), ((4, 3), 2), ((3, 5), 50), ((2, 8), 200), ((2, 3, 2, 2), 2)]:
        x = values(shape, "x", scale=scale)
        bits = rng("bits", shape).integers(0, 2, shape).astype(np.float32)
        name = "x".join(map(str, shape)) + f"-{scale}"
        for kind, target in (("hard", bits), ("soft", (bits * 6 + 1) / 8)):
            loss, dx = backward(lambda t: F.binary_cross_entropy_with_logits(t, double(target)), x)
            book.case(f"binary-{kind}-{name}", {"op": "binary-cross-entropy", "profile": "PYTORCH"}, dict(x=x, target=target, loss=loss, dx=dx))
        target = values(shape, "target", scale=scale)
        loss, dx = backward(lambda t: F.mse_loss(t, double(target)), x)
        book.case(f"mse-{name}", {"op": "mean-squared-error", "profile": "PYTORCH"}, dict(x=x, target=target, loss=loss, dx=dx))
        for delta in (1.0, 0.5, 3.0):
            loss, dx = backward(lambda t: F.huber_loss(t, double(target), delta=delta), x)
            book.case(f"huber-{delta}-{name}", {"op": "huber", "profile": "PYTORCH", "delta": delta}, dict(x=x, target=target, loss=loss, dx=dx))
    return book


def optimizers():
    """Five steps with given gradients, in double; row 0 is the start."""
    book = Book("optimizer")
    start, gradient = values((7,), "w"), values((5, 7), "g")
    gradient[2, 3] = 0
    every = []
    for lr, momentum, decay in [(0.1, 0, 0), (0.1, 0.9, 0), (0.05, 0.5, 0.01), (0.01, 0, 0.1), (0.1, 0.9, 0.0005)]:
        every.append(("sgd", torch.optim.SGD, dict(lr=lr, momentum=momentum, weight_decay=decay)))
    for lr, momentum, decay in [(0.1, 0.9, 0), (0.05, 0.5, 0.01)]:
        every.append(("sgd", torch.optim.SGD, dict(lr=lr, momentum=momentum, weight_decay=decay, nesterov=True)))
    for lr, betas, eps, decay in [(0.001, (0.9, 0.999), 1e-8, 0), (0.1, (0.9, 0.999), 1e-8, 0), (0.01, (0.5, 0.9), 1e-4, 0), (0.01, (0.9, 0.999), 1e-8, 0.1)]:
        every.append(("adam", torch.optim.Adam, dict(lr=lr, betas=betas, eps=eps, weight_decay=decay)))
        every.append(("adamw", torch.optim.AdamW, dict(lr=lr, betas=betas, eps=eps, weight_decay=decay or 0.01)))
    for lr, alpha, eps, decay, momentum in [(0.01, 0.99, 1e-8, 0, 0), (0.1, 0.9, 1e-6, 0, 0), (0.01, 0.9, 1e-8, 0.1, 0), (0.01, 0.9, 1e-8, 0, 0.9)]:
        every.append(("rmsprop", torch.optim.RMSprop, dict(lr=lr, alpha=alpha, eps=eps, weight_decay=decay, momentum=momentum)))
    for lr, eps, decay in [(0.01, 1e-10, 0), (0.5, 1e-10, 0), (0.1, 1e-6, 0.05)]:
        every.append(("adagrad", torch.optim.Adagrad, dict(lr=lr, eps=eps, weight_decay=decay)))
    for n, (name, make, more) in enumerate(every):
        w = torch.tensor(start, dtype=torch.float64, requires_grad=True)
        optimizer, rows = make([w], **more), [start]
        for g in gradient:
            w.grad = double(g)
            optimizer.step()
            rows.append(w.detach().numpy().copy())
        words = {"op": name, "profile": "PYTORCH"} | {k: v for k, v in more.items()}
        book.case(f"{name}-{n}", words, dict(g=gradient, w=np.array(rows)))
    return book


def schedules():
    """The rate of each epoch (the first is epoch 0), in double."""
    book = Book("schedule")
    s = torch.optim.lr_scheduler

    def rates(make, epochs, metrics=None):
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
        schedule, found = make(optimizer), []
        for epoch in range(epochs):
            found.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            schedule.step(*(() if metrics is None else (metrics[epoch],)))
        return np.array(found, np.float64)

    for every, factor in [(1, 0.9), (3, 0.1), (10, 0.5)]:
        words = {"op": "step", "profile": "PYTORCH", "rate": 0.1, "every": every, "factor": factor}
        book.case(f"step-{every}-{factor}", words, dict(rate=rates(lambda o: s.StepLR(o, every, factor), 12)))
    for epochs, least in [(10, 0.0), (12, 0.001), (1, 0.0)]:
        words = {"op": "cosine", "profile": "PYTORCH", "rate": 0.1, "epochs": epochs, "least": least}
        book.case(f"cosine-{epochs}-{least}", words, dict(rate=rates(lambda o: s.CosineAnnealingLR(o, epochs, least), epochs + 1)))
    for steps in (2, 3, 5):
        # From 1 / steps to 1: LinearLR's last step is the first at the full rate.
        words = {"op": "warm-up", "profile": "PYTORCH", "rate": 0.1, "steps": steps}
        book.case(f"warm-up-{steps}", words, dict(rate=rates(lambda o: s.LinearLR(o, 1 / steps, 1.0, steps - 1), 8)))
    metrics = np.array([1.0, 0.9, 0.9, 0.95, 0.92, 0.91, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.49, 0.49], np.float64)
    for patience, factor, least, threshold in [(0, 0.5, 0, 0.0), (1, 0.1, 0, 1e-4), (2, 0.5, 0.03, 0.0), (1, 0.5, 0.01, 0.2), (0, 0.1, 0.05, 0.5)]:
        make = lambda o: s.ReduceLROnPlateau(o, "min", factor, patience, threshold=threshold, min_lr=least)
        words = {"op": "plateau", "profile": "PYTORCH", "rate": 0.1, "patience": patience, "factor": factor, "least": least, "threshold": threshold}
        book.case(f"plateau-{patience}-{factor}-{threshold}", words, dict(metric=metrics, rate=rates(make, len(metrics), metrics)))
    return book


def books():
    return [losses(), optimizers(), schedules()]
