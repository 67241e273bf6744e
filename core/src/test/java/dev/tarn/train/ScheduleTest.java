package dev.tarn.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.tarn.error.ParameterException;
import org.junit.jupiter.api.Test;

class ScheduleTest {
  private static double at(Schedule schedule, int epoch, int step) {
    return schedule.factor(epoch, step, 10, Schedule.State.START);
  }

  @Test
  void constant_stays() {
    assertEquals(1, at(Schedule.constant(), 1000, 3));
  }

  @Test
  void step_falls_every_so_many_epochs() {
    Schedule schedule = Schedule.step(2, 0.1);
    assertEquals(1, at(schedule, 1, 9));
    assertEquals(0.1, at(schedule, 2, 0), 1e-15);
    assertEquals(0.01, at(schedule, 5, 9), 1e-15);
  }

  @Test
  void cosine_is_one_half_in_the_middle_and_its_least_at_the_end() {
    Schedule schedule = Schedule.cosine(4);
    assertEquals(1, at(schedule, 0, 0));
    assertEquals(0.5, at(schedule, 2, 0), 1e-15);
    assertEquals((1 + Math.cos(Math.PI * 2.5 / 4)) / 2, at(schedule, 2, 5), 1e-15);
    assertEquals(0, at(schedule, 4, 0), 1e-15);
    assertEquals(0.2, at(Schedule.cosine(4).least(0.2), 9, 0), 1e-15);
  }

  @Test
  void warm_up_rises_in_a_line_and_leaves_the_schedule_underneath() {
    Schedule schedule = Schedule.step(1, 0.5).warmUp(20);
    assertEquals(0.05, at(schedule, 0, 0), 1e-15);
    assertEquals(0.5, at(schedule, 0, 9), 1e-15);
    assertEquals(0.5 * 11 / 20, at(schedule, 1, 0), 1e-15);
    assertEquals(0.25, at(schedule, 2, 0), 1e-15);
  }

  @Test
  void plateau_waits_longer_than_its_patience_before_it_lowers_the_rate() {
    Schedule schedule = Schedule.onPlateau(2, 0.1).warmUp(1);
    double[] losses = {1.0, 0.9, 0.9, 0.95, 0.89999, 0.95, 0.95, 0.95, 0.5};
    double[] factors = {1, 1, 1, 1, 0.1, 0.1, 0.1, 0.01, 0.01};
    Schedule.State state = Schedule.State.START;
    for (int epoch = 0; epoch < losses.length; epoch++) {
      state = schedule.after(state, losses[epoch]);
      assertEquals(
          factors[epoch], schedule.factor(epoch + 1, 0, 10, state), 1e-15, "after epoch " + epoch);
    }
  }

  @Test
  void plateau_does_not_go_below_its_least() {
    Schedule.Plateau schedule = Schedule.onPlateau(0, 0.1).least(0.05);
    Schedule.State state = Schedule.State.START;
    for (int epoch = 0; epoch < 5; epoch++) {
      state = schedule.after(state, 1);
    }
    assertEquals(0.05, schedule.factor(5, 0, 10, state));
  }

  @Test
  void constants_out_of_range_are_refused() {
    assertThrows(ParameterException.class, () -> Schedule.step(0, 0.1));
    assertThrows(ParameterException.class, () -> Schedule.step(1, 0));
    assertThrows(ParameterException.class, () -> Schedule.step(1, Double.NaN));
    assertThrows(ParameterException.class, () -> Schedule.cosine(0));
    assertThrows(ParameterException.class, () -> Schedule.cosine(1).least(-1));
    assertThrows(ParameterException.class, () -> Schedule.constant().warmUp(0));
    assertThrows(ParameterException.class, () -> Schedule.onPlateau(-1, 0.1));
    assertThrows(ParameterException.class, () -> Schedule.onPlateau(1, 1));
  }
}
