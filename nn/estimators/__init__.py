"""scikit-learn's interface: estimators with its arguments, trained by `nn.fit`."""
