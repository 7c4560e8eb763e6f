"""What every page of measurements stands on: rows run one after another, and the tables made of them.

A kind of measurement (chaos, rollouts, requestlog) brings its rows, how much they do, and the page's
introduction; running, printing, verdicts and the page itself are here.
"""
